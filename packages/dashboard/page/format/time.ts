import { onDemand } from './on-demand.ts'

const timeOfDay = onDemand(
  () => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }),
)
const withDate = onDemand(
  () =>
    new Intl.DateTimeFormat(undefined, {
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hour12: false,
    }),
)

/** The time of day, with its date where that is not today's. */
export const formatTime = (at: number, now: number): string =>
  (new Date(at).toDateString() === new Date(now).toDateString() ? timeOfDay() : withDate()).format(at)

const minute = onDemand(() => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false }))

/** The time of day without its seconds. */
export const formatMinute = (at: number): string => minute().format(at)

/** For `<time dateTime>`. */
export const toIso = (at: number): string => new Date(at).toISOString()
