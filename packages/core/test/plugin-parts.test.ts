import { expect, test } from 'vitest'
import { z } from 'zod'
import { allowAll, createSightline, definePlugin, defineQuery, defineTopic, type SightlineError } from '../src/index.ts'
import { scriptedProbe } from '../src/testing/index.ts'

const apis = { orders: { regions: { 'us-east': { probe: scriptedProbe() } } } }
const query = defineQuery({ permission: 'x:view', input: z.object({}), output: z.object({}), handle: () => ({}) })
const topic = defineTopic({ kind: 'state', permission: 'x:view', data: z.unknown(), load: async () => null })
const NOTE = { name: 'x.note', parse: (raw: unknown) => raw, indexes: {} }

test('a plugin takes nothing from core or from another plugin: every name that is taken is a fault of the configuration', () => {
  const thief = definePlugin({
    name: 'thief',
    operations: { 'metrics.get': query },
    topics: { metrics: topic },
    collections: [{ ...NOTE, name: 'core.audit' }] as never,
  })
  const first = definePlugin({ name: 'first', operations: { 'x.read': query }, collections: [NOTE] as never })
  const second = definePlugin({ name: 'second', operations: { 'x.read': query }, collections: [NOTE] as never })
  let thrown: SightlineError | null = null
  try {
    createSightline({ access: allowAll(), apis, plugins: [thief, first, second] as never })
  } catch (error) {
    thrown = error as SightlineError
  }
  expect(thrown?.code).toBe('INVALID_CONFIG')
  expect(thrown?.fields?.map(({ path }) => path)).toEqual([
    'plugins.0.operations.metrics.get',
    'plugins.0.topics.metrics',
    'plugins.0.collections.core.audit',
    'plugins.2.operations.x.read',
    'plugins.2.collections.x.note',
  ])
})

test('plugins whose names are their own are all there', () => {
  const plugin = definePlugin({ name: 'x', operations: { 'x.read': query }, topics: { x: topic } })
  const sightline = createSightline({ access: allowAll(), apis, plugins: [plugin] })
  expect([...sightline.operations.keys()]).toContain('x.read')
  expect([...sightline.topics.keys()]).toEqual(
    expect.arrayContaining(['metrics', 'regions', 'pollers', 'services', 'incidents', 'x']),
  )
  expect(sightline.info().plugins).toEqual(['x'])
})
