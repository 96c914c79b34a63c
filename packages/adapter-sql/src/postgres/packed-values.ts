/**
 * Columns of rows as single values, which the pg package sends as they are: it would quote and escape an array element by element.
 */

/** An array of numbers, as `$n::float8[]` and its like read it. */
export const packNumbers = (values: readonly number[]): string => `{${values.join(',')}}`

/** JSON texts, none of which has a line break; unpack them with `unpackJsons`. */
export const packJsons = (texts: readonly string[]): string => texts.join('\n')

/** An array of texts. */
export const unpackJsons = (place: string): string => `string_to_array(${place}, E'\\n')`

/** Any texts: their bytes in a row, where each starts, counted from 1, and how many are its own. */
export const packTexts = (
  texts: readonly string[],
): { readonly bytes: Uint8Array; readonly starts: readonly number[]; readonly sizes: readonly number[] } => {
  const parts = texts.map((text) => Buffer.from(text))
  let next = 1
  const starts = parts.map(({ length }) => {
    next += length
    return next - length
  })
  const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  return { bytes, starts, sizes: parts.map(({ length }) => length) }
}
