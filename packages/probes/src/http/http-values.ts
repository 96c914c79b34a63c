import { daysUntil, openingValues, roundMs } from '../socket/opening.ts'
import type { HttpTrail } from './http-trail.ts'

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
  if (opening != null) Object.assign(values, openingValues(opening))
  if (certificateEndsAt !== undefined) values.certificateDays = daysUntil(certificateEndsAt, now)
  if (redirects > 0) {
    values.redirects = redirects
    values.redirectMs = roundMs(redirectMs)
  }
  return values
}
