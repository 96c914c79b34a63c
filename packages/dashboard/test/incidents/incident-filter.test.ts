import type { Incident } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { arrangeIncidents, countIncidents, parseIncidentFilter } from '../../page/incidents/incident-filter.ts'

const incident = (id: string, rest: Partial<Incident> = {}): Incident => ({
  id,
  ordinal: 1,
  rule: null,
  service: null,
  region: null,
  title: id,
  severity: 'medium',
  status: 'open',
  isFlapping: false,
  assignee: null,
  openedAt: 0,
  acknowledgedAt: null,
  resolvedAt: null,
  updatedAt: 0,
  timeToAcknowledgeMs: null,
  timeToResolveMs: null,
  reopens: 0,
  reason: '',
  tags: [],
  commentCount: 0,
  ...rest,
})
const ids = (incidents: readonly Incident[]) => incidents.map(({ id }) => id)

const live = [
  incident('low', { severity: 'low', openedAt: 9 }),
  incident('old', { severity: 'critical', openedAt: 1, service: 'web' }),
  incident('new', { severity: 'critical', openedAt: 5, status: 'investigating', acknowledgedAt: 6 }),
  incident('over', { severity: 'critical', openedAt: 7, status: 'resolved', resolvedAt: 8 }),
]

it('active ones come first, by severity and then the newest; what is over follows, the newest first', () => {
  const older = [incident('ancient', { status: 'resolved', openedAt: -9 })]
  expect(ids(arrangeIncidents(live, { older, filter: {} }))).toEqual(['new', 'old', 'low', 'over', 'ancient'])
})

it('of one that is live and stored, the live one is shown', () => {
  const older = [incident('over', { status: 'open' })]
  expect(arrangeIncidents(live, { older, filter: { status: 'resolved' } }).map(({ status }) => status)).toEqual(['resolved'])
})

it('filters by status, severity and service', () => {
  expect(ids(arrangeIncidents(live, { older: [], filter: { status: 'active' } }))).toEqual(['new', 'old', 'low'])
  expect(ids(arrangeIncidents(live, { older: [], filter: { status: 'open', severity: 'critical' } }))).toEqual(['old'])
  expect(ids(arrangeIncidents(live, { older: [], filter: { service: 'web' } }))).toEqual(['old'])
})

it('counts what needs somebody', () => {
  expect(countIncidents(live)).toEqual({ active: 3, critical: 2, unacknowledged: 2 })
})

it('reads the address loosely', () => {
  expect(parseIncidentFilter({ status: 'active', severity: 'high', service: 7 })).toEqual({
    status: 'active',
    severity: 'high',
    service: '7',
  })
  expect(parseIncidentFilter({ status: 'gone', severity: null })).toEqual({})
})
