import type { Route } from '@sightline/core/protocol'
import { formatInterval } from '../format/duration.ts'

/** What an incident must be for a route to take it, in words. */
export const routeConditions = ({ severities, services, tags, teams }: Route): string => {
  const conditions = [
    severities === undefined ? null : severities.join(' or '),
    services === undefined ? null : `of ${services.join(' or ')}`,
    tags === undefined ? null : `tagged ${tags.join(' or ')}`,
    teams === undefined ? null : `of team ${teams.join(' or ')}`,
  ].filter((each) => each !== null)
  return conditions.length === 0 ? 'Everything' : `What is ${conditions.join(', ')}`
}

/** How a route groups and repeats, in words; with the defaults of what it does not say. */
export const routeTimes = (route: Route): readonly string[] => {
  const {
    groupBy = ['rule'],
    groupWaitMs = 30_000,
    groupIntervalMs = 300_000,
    repeatMs = 14_400_000,
    escalate,
    quietHours,
  } = route
  return [
    `One message for each ${groupBy.join(', ')}: ${groupWaitMs === 0 ? 'at once' : `after ${formatInterval(groupWaitMs)}`}, then every ${formatInterval(groupIntervalMs)}`,
    repeatMs === 0 ? 'Never repeated' : `Repeated every ${formatInterval(repeatMs)} while it lasts`,
    ...(escalate === undefined
      ? []
      : [`Not acknowledged after ${formatInterval(escalate.afterMs)}: also ${escalate.channels.join(', ')}`]),
    ...(quietHours === undefined
      ? []
      : [
          `Quiet from ${quietHours.from} to ${quietHours.to} (${quietHours.timeZone})${quietHours.except === undefined ? '' : ` but for ${quietHours.except.join(', ')}`}`,
        ]),
  ]
}
