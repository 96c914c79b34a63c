/**
 * How long the other side asks us to wait, in ms: `Retry-After` in seconds or as a date, Discord's `retry_after` in the answer (seconds with
 * fractions, the more exact of the two), or null.
 */
export const retryAfterMs = (headers: Headers, text: string, now: number = Date.now()): number | null => {
  const exact = fromBody(text)
  if (exact !== null) return exact
  const header = headers.get('retry-after')?.trim()
  if (header === undefined || header === '') return null
  if (/^\d+(\.\d+)?$/.test(header)) return Math.ceil(Number(header) * 1_000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

const fromBody = (text: string): number | null => {
  if (!text.includes('"retry_after"')) return null
  try {
    const parsed: unknown = JSON.parse(text)
    const seconds = typeof parsed === 'object' && parsed !== null && 'retry_after' in parsed ? parsed.retry_after : null
    return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1_000) : null
  } catch {
    return null
  }
}
