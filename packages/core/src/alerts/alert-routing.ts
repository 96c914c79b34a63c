import type { Alert, Route } from '../protocol/alerts.ts'
import type { Severity } from '../protocol/incidents.ts'

/** What routes look at. */
export interface RouteSubject {
  readonly team: string
  readonly severity: Severity
  readonly rule: string | null
  readonly service: string | null
  readonly region: string | null
  readonly tags: readonly string[]
}

export const GROUP_WAIT_MS = 30_000
export const GROUP_INTERVAL_MS = 300_000
export const REPEAT_MS = 14_400_000

const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical']

export const isWorse = (severity: Severity, than: Severity): boolean => SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(than)

const includes = <T>(wanted: readonly T[] | undefined, value: T | null): boolean =>
  wanted === undefined || (value !== null && wanted.includes(value))

const fits = (route: Route, { team, severity, service, tags }: RouteSubject): boolean =>
  includes(route.teams, team) &&
  includes(route.severities, severity) &&
  includes(route.services, service) &&
  (route.tags === undefined || route.tags.some((tag) => tags.includes(tag)))

/** The routes that decide, in order: up to and with the first that fits and does not go on. */
const resolveRoutes = (subject: RouteSubject, routes: readonly Route[]): readonly Route[] => {
  const fitting = routes.filter((route) => fits(route, subject))
  const last = fitting.findIndex(({ continues }) => continues !== true)
  return last === -1 ? fitting : fitting.slice(0, last + 1)
}

/** Each channel once, with the route that names it first. */
export const resolveChannels = (subject: RouteSubject, routes: readonly Route[]): ReadonlyMap<string, Route> => {
  const channels = new Map<string, Route>()
  for (const route of resolveRoutes(subject, routes)) {
    for (const channel of route.channels) if (!channels.has(channel)) channels.set(channel, route)
  }
  return channels
}

/** Each channel that can have been told, whatever the severity was then, also by escalation. */
export const resolveToldChannels = (subject: RouteSubject, routes: readonly Route[]): ReadonlyMap<string, Route> => {
  const channels = new Map(resolveChannels(subject, routes))
  const decisive = SEVERITIES.flatMap((severity) => resolveRoutes({ ...subject, severity }, routes))
  for (const route of decisive) {
    for (const channel of [...route.channels, ...(route.escalate?.channels ?? [])]) {
      if (!channels.has(channel)) channels.set(channel, route)
    }
  }
  return channels
}

/** The route by which an alert came to its channel; a channel that no route names any more is told at once. */
export const routeOfAlert = (team: string, alert: Alert, routes: readonly Route[]): Route => {
  const subject = { ...alert, team }
  return (
    resolveChannels(subject, routes).get(alert.channel) ??
    toEscalation(resolveToldChannels(subject, routes).get(alert.channel), alert.channel) ?? {
      channels: [alert.channel],
      groupWaitMs: 0,
    }
  )
}

/** Who is told because nobody answered is told at once, also by night. */
const toEscalation = (route: Route | undefined, channel: string): Route | undefined => {
  if (route === undefined || route.channels.includes(channel)) return route
  const { quietHours: _quietHours, escalate: _escalate, ...rest } = route
  return { ...rest, channels: [channel], groupWaitMs: 0, groupIntervalMs: 0 }
}

/** What leaves together: `rule=service-down`. What was opened by hand is a group by itself. */
export const groupOf = (subject: RouteSubject, route: Route, incident: string): string => {
  const parts = (route.groupBy ?? ['rule']).map((field) =>
    field === 'rule' && subject.rule === null ? `incident=${incident}` : `${field}=${subject[field] ?? ''}`,
  )
  return parts.length === 0 ? 'all' : parts.join(' ')
}
