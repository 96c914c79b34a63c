import type { HttpTrail } from './http-trail.ts'

const dayMs = 86_400_000

/** A check's numbers. What was not measured is absent, never 0: a kept-alive connection has no `connectMs`. */
export const httpValues = (trail: HttpTrail, now: number): Record<string, number> => {
  const { answer, redirects, redirectMs, certificateEndsAt } = trail
  const values: Record<string, number> = {}
  if (answer.statusCode !== 0) {
    values.statusCode = answer.statusCode
    values.bodyBytes = answer.bodyBytes
  }
  if (answer.hasAnswered) {
    values.firstByteMs = roundMs(answer.firstByteMs)
    values.downloadMs = roundMs(answer.downloadMs)
  }
  const { opening } = answer
  if (opening != null) {
    if (opening.dnsMs !== undefined) values.dnsMs = roundMs(opening.dnsMs)
    values.connectMs = roundMs(opening.connectMs)
    if (opening.tlsMs !== undefined) values.tlsMs = roundMs(opening.tlsMs)
  }
  if (certificateEndsAt !== undefined) values.certificateDaysLeft = Math.floor(((certificateEndsAt - now) / dayMs) * 100) / 100
  if (redirects > 0) {
    values.redirects = redirects
    values.redirectMs = roundMs(redirectMs)
  }
  return values
}

/** Whole microseconds: more digits are noise, and cost room in every stored point. */
export const roundMs = (durationMs: number): number => Math.round(durationMs * 1000) / 1000
