/** As undici hands them over: names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

const dayMs = 86_400_000

/** The first value of a header. */
export const firstValue = (headers: ResponseHeaders, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' || value === undefined ? value : value[0]
}

/** All values of a header that is a list (https://www.rfc-editor.org/rfc/rfc9110#section-5.3). */
export const allValues = (headers: ResponseHeaders, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

/** The declared length of the body in bytes, where there is one. */
export const declaredBytes = (headers: ResponseHeaders): number | undefined => {
  const value = firstValue(headers, 'content-length')
  return value === undefined || !/^\d{1,15}$/.test(value) ? undefined : Number(value)
}

/**
 * An entity tag that can be sent back. Unquoted ones are common and taken; others are no tag.
 * https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
 */
export const toEtag = (value: string | undefined): string | undefined =>
  value !== undefined && /^[\x21-\x7e\x80-\xff]{1,256}$/.test(value) ? value : undefined

/**
 * How long `Retry-After` asks to wait, in ms, at most a day. A date counts from the answer's own `Date`, so that a wrong clock on
 * either side does no harm. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export const retryAfterMs = (headers: ResponseHeaders, now: number): number | undefined => {
  const value = firstValue(headers, 'retry-after')?.trim()
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, dayMs)
  // Everything but a date: `Date.parse` would read "-5" or "1.5" as one.
  if (!/^[A-Za-z]/.test(value)) return undefined
  const until = Date.parse(value)
  if (Number.isNaN(until)) return undefined
  const answeredAt = Date.parse(firstValue(headers, 'date') ?? '')
  return Math.min(Math.max(until - (Number.isNaN(answeredAt) ? now : answeredAt), 0), dayMs)
}

/** The provider's API version: what the first of the named headers says, unless it is too long to be one. */
export const apiVersion = (headers: ResponseHeaders, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = firstValue(headers, name)?.trim()
    if (value !== undefined && value !== '' && value.length <= 64) return value
  }
  return undefined
}
