/** A line of a body, or that it was too long to be one. Numbers begin at 1. */
export type BodyLine = { readonly number: number } & ({ readonly text: string } | { readonly isTooLong: true })

/** Longer than any entry may be, in characters. */
const LONGEST_LINE = 1_048_576

/** Cuts a stream of bytes into its lines, as UTF-8. Empty ones are left out; no line is held that is longer than it may be. */
export async function* bodyLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<BodyLine> {
  const decoder = new TextDecoder()
  let begun = ''
  let isTooLong = false
  let number = 0

  const end = (rest: string): BodyLine | null => {
    number++
    const text = begun + rest
    begun = ''
    const wasTooLong = isTooLong || text.length > LONGEST_LINE
    isTooLong = false
    if (wasTooLong) return { number, isTooLong: true }
    return text.trim() === '' ? null : { number, text }
  }

  function* cut(text: string): Generator<BodyLine> {
    let from = 0
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      const line = end(text.slice(from, to))
      if (line !== null) yield line
      from = to + 1
    }
    if (isTooLong) return
    begun += text.slice(from)
    if (begun.length <= LONGEST_LINE) return
    begun = ''
    isTooLong = true
  }

  for await (const piece of source) yield* cut(decoder.decode(piece, { stream: true }))
  const last = end(decoder.decode())
  if (last !== null) yield last
}
