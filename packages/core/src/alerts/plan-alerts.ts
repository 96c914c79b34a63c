import { sha1 } from '../changes/digest.ts'
import type { IncidentChange, Insert } from '../domain/incident-change.ts'
import type { Alert, Route } from '../protocol/alerts.ts'
import type { Incident } from '../protocol/incidents.ts'
import { ALERTS } from './alert-records.ts'
import { groupOf, isWorse, type RouteSubject, resolveChannels, resolveToldChannels } from './alert-routing.ts'

const KINDS: Readonly<Record<IncidentChange['kind'], Alert['kind'] | null>> = {
  opened: 'firing',
  reopened: 'firing',
  severity: 'firing',
  flapping: 'flapping',
  steady: 'steady',
  resolved: 'resolved',
  acknowledged: null,
}

/** Whoever makes the alert of a step for a channel gives it one id. */
export const alertId = (incident: string, step: number | string, channel: string): string =>
  sha1(JSON.stringify([incident, step, channel]))

/**
 * What is to be told of an incident's step, as inserts: one alert a channel. An end is planned for every channel that can have been told,
 * whatever the severity was then: what turns out to have been told of nothing is dropped when it would leave. Of a severity only a raise is told.
 */
export const planAlerts = (
  { team, incident, kind, step, at, severityBefore }: IncidentChange,
  { routes }: { readonly routes: readonly Route[] },
): readonly Insert[] => {
  const alertKind = KINDS[kind]
  if (alertKind === null) return []
  // Who knows that it fires need not be told that it is less bad.
  if (kind === 'severity' && severityBefore !== undefined && !isWorse(incident.severity, severityBefore)) return []
  const subject = toSubject(team, incident)
  const isEnd = alertKind === 'resolved' || alertKind === 'steady'
  const channels = isEnd ? resolveToldChannels(subject, routes) : resolveChannels(subject, routes)
  return [...channels].map(([channel, route]) =>
    toInsert(team, {
      ...toAlert({ team, incident, route, channel, kind: alertKind, at }),
      id: alertId(incident.id, step, channel),
    }),
  )
}

/** Who is told besides, because nobody has acknowledged an incident in time; and when, for those whose time has not come. */
export const planEscalations = ({
  team,
  incident,
  since = incident.openedAt,
  routes,
  now,
}: {
  readonly team: string
  readonly incident: Incident
  /** When it was opened, or came back. */
  readonly since?: number | undefined
  readonly routes: readonly Route[]
  readonly now: number
}): { readonly inserts: readonly Insert[]; readonly nextAt: number | null } => {
  const inserts: Insert[] = []
  let nextAt: number | null = null
  if (incident.acknowledgedAt !== null || incident.status === 'resolved') return { inserts, nextAt }
  const subject = toSubject(team, incident)
  for (const route of resolveRoutesWithEscalation(subject, routes)) {
    const at = since + route.escalate.afterMs
    if (at > now) nextAt = Math.min(nextAt ?? at, at)
    else {
      for (const channel of route.escalate.channels) {
        const alert = toAlert({ team, incident, route, channel, kind: 'firing', at })
        inserts.push(toInsert(team, { ...alert, id: alertId(incident.id, `escalated ${incident.reopens}`, channel) }))
      }
    }
  }
  return { inserts, nextAt }
}

const resolveRoutesWithEscalation = (subject: RouteSubject, routes: readonly Route[]) =>
  [...new Set(resolveChannels(subject, routes).values())].filter(
    (route): route is Route & { readonly escalate: NonNullable<Route['escalate']> } => route.escalate !== undefined,
  )

/** The end of an incident for a channel that was told of it, and that no route leads to any more. */
export const planOrphanEnd = (
  { team, alert }: { readonly team: string; readonly alert: Alert },
  { incident, routes }: { readonly incident: Incident; readonly routes: readonly Route[] },
): Insert | null => {
  const { resolvedAt } = incident
  const { channel, group } = alert
  if (resolvedAt === null || resolveToldChannels(toSubject(team, incident), routes).has(channel)) return null
  const end = toAlert({ team, incident, route: { channels: [channel] }, channel, kind: 'resolved', at: resolvedAt })
  return toInsert(team, { ...end, group, id: alertId(incident.id, `over ${resolvedAt}`, channel) })
}

const toSubject = (team: string, { severity, rule, service, region, tags }: Incident): RouteSubject => ({
  team,
  severity,
  rule,
  service,
  region,
  tags,
})

const toAlert = ({
  team,
  incident,
  route,
  channel,
  kind,
  at,
}: {
  readonly team: string
  readonly incident: Incident
  readonly route: Route
  readonly channel: string
  readonly kind: Alert['kind']
  readonly at: number
}): Omit<Alert, 'id'> => ({
  incident: incident.id,
  kind,
  channel,
  group: groupOf(toSubject(team, incident), route, incident.id),
  severity: incident.severity,
  rule: incident.rule,
  tags: incident.tags,
  service: incident.service,
  region: incident.region,
  title: incident.title,
  reason: incident.reason,
  at,
  status: 'waiting',
  heldBy: null,
  delivery: null,
})

const toInsert = (team: string, alert: Alert): Insert => ({
  store: ALERTS.name,
  id: alert.id,
  team,
  expected: null,
  writeId: alert.id,
  at: alert.at,
  value: alert,
})
