import type { ServiceStatus, ServiceView } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import {
  arrangeServices,
  countStatuses,
  latencyOf,
  parseServiceFilter,
  statusOrder,
  tagsOf,
} from '../../page/services/service-filter.ts'

const service = (name: string, status: ServiceStatus, rest: Partial<ServiceView> = {}): ServiceView => ({
  name,
  title: name,
  tags: [],
  owner: null,
  enabled: true,
  kind: 'http',
  origin: 'stored',
  status,
  since: 0,
  regions: [],
  openIncidents: 0,
  ...rest,
})

const region = (name: string, latencyMs: number | null) => ({
  region: name,
  status: 'up' as const,
  since: 0,
  checkedAt: 0,
  latencyMs,
  reason: null,
})

const all = [
  service('web', 'up', { tags: ['shop'], since: 5, regions: [region('eu', 20), region('us', 90)] }),
  service('queue', 'down', { tags: ['shop', 'core'], since: 9, owner: 'ann@example.org' }),
  service('api', 'up', { since: 1, regions: [region('eu', 30)] }),
  service('jobs', 'paused', { since: null }),
]
const names = (services: readonly ServiceView[]) => services.map(({ name }) => name)

it('reads the address loosely', () => {
  expect(parseServiceFilter({ q: 12, tag: 'shop', status: 'down', sort: '-since', more: 1 })).toEqual({
    q: '12',
    tag: 'shop',
    status: 'down',
    sort: '-since',
  })
  expect(parseServiceFilter({ q: '', tag: {}, status: 'broken', sort: 'size' })).toEqual({})
})

it('puts what needs somebody first, ties by title', () => {
  expect(names(arrangeServices(all, {}))).toEqual(['queue', 'api', 'web', 'jobs'])
  expect(names(arrangeServices(all, { sort: '-status' }))).toEqual(['jobs', 'api', 'web', 'queue'])
  expect(new Set(statusOrder).size).toBe(9)
})

it('sorts by name, by the last change and by the slowest region', () => {
  expect(names(arrangeServices(all, { sort: '-name' }))).toEqual(['web', 'queue', 'jobs', 'api'])
  expect(names(arrangeServices(all, { sort: '-since' }))).toEqual(['queue', 'web', 'api', 'jobs'])
  expect(names(arrangeServices(all, { sort: '-latency' }))).toEqual(['web', 'api', 'jobs', 'queue'])
  expect(all.map(latencyOf)).toEqual([90, null, 30, null])
})

it('finds by every word, wherever it stands, by tag and by status', () => {
  expect(names(arrangeServices(all, { q: 'SHOP us' }))).toEqual(['web'])
  expect(names(arrangeServices(all, { q: 'ann@' }))).toEqual(['queue'])
  expect(names(arrangeServices(all, { tag: 'core' }))).toEqual(['queue'])
  expect(names(arrangeServices(all, { status: 'up', q: 'nothing' }))).toEqual([])
})

it('knows the tags and the counts', () => {
  expect(tagsOf(all)).toEqual(['core', 'shop'])
  expect(countStatuses(all)).toEqual({ up: 2, down: 1, paused: 1 })
})
