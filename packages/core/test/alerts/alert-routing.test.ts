import { expect, test } from 'vitest'
import { checkRoutes } from '../../src/alerts/checked-routes.ts'
import { planAlerts } from '../../src/alerts/plan-alerts.ts'
import type { IncidentChange } from '../../src/domain/incident-change.ts'
import type { Alert, Route } from '../../src/protocol/alerts.ts'
import { incident } from './support/alerts-engine.ts'

const routes: readonly Route[] = [
  { channels: ['all'], continues: true },
  { channels: ['pager'], severities: ['critical'], continues: true, escalate: { afterMs: 60_000, channels: ['boss'] } },
  { channels: ['payments'], tags: ['money'] },
  { channels: ['a-team'], services: ['a'], teams: ['first'], groupBy: ['service', 'severity'] },
  { channels: ['rest', 'all'] },
]

const plan = (of: Partial<IncidentChange> & Pick<IncidentChange, 'incident'>): readonly Alert[] =>
  planAlerts({ team: 'first', kind: 'opened', step: 1, at: 5, ...of }, { routes }).map(({ value }) => value as Alert)

const channels = (of: Parameters<typeof plan>[0]): readonly string[] => plan(of).map(({ channel }) => channel)

test('the first that fits decides, and those before it that go on', () => {
  expect(channels({ incident: incident({ id: 'x' }) })).toEqual(['all', 'rest'])
  expect(channels({ incident: incident({ id: 'x', severity: 'critical' }) })).toEqual(['all', 'pager', 'rest'])
  expect(channels({ incident: incident({ id: 'a', tags: ['money'] }) })).toEqual(['all', 'payments'])
  expect(channels({ incident: incident({ id: 'a' }) })).toEqual(['all', 'a-team'])
  expect(channels({ incident: incident({ id: 'a' }), team: 'second' })).toEqual(['all', 'rest'])
  expect(channels({ incident: incident({ id: 'x', service: null }) })).toEqual(['all', 'rest'])
})

test('an end goes wherever a beginning can have gone, whatever the severity was', () => {
  const ended = {
    incident: incident({ id: 'a', severity: 'low', status: 'resolved' as const }),
    kind: 'resolved' as const,
    step: 2,
  }
  expect(channels(ended)).toEqual(['all', 'a-team', 'pager', 'boss'])
})

test('an acknowledgement is told nobody', () => {
  expect(plan({ incident: incident({ id: 'a' }), kind: 'acknowledged' })).toEqual([])
})

test('groups are named by what they have in common; what was opened by hand stands alone', () => {
  expect(plan({ incident: incident({ id: 'a' }) }).map(({ group }) => group)).toEqual([
    'rule=service-down',
    'service=a severity=high',
  ])
  expect(plan({ incident: incident({ id: 'i7', rule: null, service: 'x' }) })[0]?.group).toBe('incident=i7')
})

test('whoever plans a step gives its alerts the same ids; every step, incident and channel has its own', () => {
  const change = { incident: incident({ id: 'a' }) }
  expect(plan(change)).toEqual(plan({ ...change }))
  const ids = [
    ...plan(change),
    ...plan({ ...change, step: 2, kind: 'resolved' }),
    ...plan({ incident: incident({ id: 'b', service: 'a' }) }),
  ].map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('a route to nowhere is refused, with the name that was meant', () => {
  const notifiers = { payments: { name: 'n', send: async () => ({}) } }
  expect(() => checkRoutes([{ channels: ['paymnets'] }], notifiers)).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      fields: [{ path: 'routes.0', message: '"paymnets" is none of the notifiers; did you mean payments?' }],
    }),
  )
  expect(() => checkRoutes([{ channels: [], escalate: { afterMs: 1, channels: ['nobody'] } }], notifiers)).toThrow('routes.0')
  expect(checkRoutes(undefined, notifiers).routes).toEqual([{ channels: ['payments'] }])
  expect(checkRoutes(undefined, {}).routes).toEqual([])
})
