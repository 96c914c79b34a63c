import { closestName } from '../closest-name.ts'
import type { FieldFault } from '../errors.ts'
import { invalidConfig } from '../invalid-config.ts'
import type { Notifier } from '../ports/notifier.ts'
import type { Route } from '../protocol/alerts.ts'
import { createQuietHours, type QuietHours } from './quiet-hours.ts'

/** Routes whose channels exist, and the quiet hours of those that have any. */
export interface CheckedRoutes {
  readonly routes: readonly Route[]
  quietHoursOf(route: Route): QuietHours | null
}

/** Throws `INVALID_CONFIG` where a route names a channel that does not exist, or hours that do not. Without routes everything goes everywhere. */
export const checkRoutes = (
  routes: readonly Route[] | undefined,
  notifiers: Readonly<Record<string, Notifier>>,
): CheckedRoutes => {
  const channels = Object.keys(notifiers)
  const faults: FieldFault[] = (routes ?? []).flatMap((route, index) =>
    [...route.channels, ...(route.escalate?.channels ?? [])].flatMap((name) => {
      if (channels.includes(name)) return []
      const meant = closestName(name, channels)
      return [
        {
          path: `routes.${index}`,
          message: `"${name}" is none of the notifiers${meant === null ? '' : `; did you mean ${meant}?`}`,
        },
      ]
    }),
  )
  if (faults.length > 0) throw invalidConfig(faults)
  const all = routes ?? (channels.length === 0 ? [] : [{ channels }])
  const quiet = new Map(all.map((route) => [route.quietHours, route.quietHours && createQuietHours(route.quietHours)]))
  return { routes: all, quietHoursOf: ({ quietHours }) => quiet.get(quietHours) ?? null }
}
