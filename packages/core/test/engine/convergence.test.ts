import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSession } from '../../../client/src/session.ts'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { MetricsSnapshot } from '../../src/protocol/contract.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { switchableStorage } from './support/switchable-storage.ts'
import { createWire, type WireEnd } from './support/wire.ts'

const regions = ['us-east', 'eu-west'] as const
const url = 'http://127.0.0.1:1/'
const topics = [
  ...regions.map((region) => ({ name: 'metrics', params: { api: 'orders', region } })),
  { name: 'regions', params: undefined },
  { name: 'pollers', params: undefined },
] as const

const documentOf = (n: number) => ({
  n,
  filler: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, index])),
})

const client = fc.nat({ max: 2 })
const region = fc.constantFrom(...regions)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('change' as const), region, n: fc.nat({ max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fail' as const), region }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('trouble' as const),
      to: fc.constantFrom('none' as const, 'refuses' as const, 'hangs' as const, 'loses-answers' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cut' as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clog' as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unclog' as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const), region }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('step' as const), ms: fc.constantFrom(-3_600_000, 3_600_000) }) },
)

const setUp = async () => {
  const store = memoryStore()
  const storage = switchableStorage(memoryStorage({ store }))
  const wiping = memoryStorage({ store })
  await wiping.connect({ collections: [], format: { writes: 1, reads: 1 } })
  const t = await createTestSightline(
    {
      apis: { orders: { intervalMs: 500, regions: { 'us-east': { url }, 'eu-west': { url } } } },
      tuning: { storageTimeoutMs: 300 },
    },
    { storage },
  )
  const wire = createWire()
  await t.sightline.attach(wire)
  const wrong: string[] = []

  const clients = Array.from({ length: 3 }, () => {
    let end: WireEnd | null = null
    const session = createSession({
      transport: () => {
        end = wire.end()
        return end
      },
      clock: t.clock,
      random: () => 0.5,
      idleMs: null,
      keepMs: 1_000,
      maxLogEntries: 100,
      maxIdleTopics: 10,
      onResync: () => {},
    })
    const entries = topics.map(({ name, params }) => session.topics.open(name, params))
    const latest = new Map<string, number>()
    for (const [index, entry] of entries.entries()) {
      entry.subscribe(() => {
        const { data, isProvisional, mark } = entry.view()
        if (index >= regions.length || isProvisional || data === undefined || mark?.version === undefined) return
        const { epoch, revision } = data as MetricsSnapshot
        const id = `${index} ${epoch}`
        if (revision < (latest.get(id) ?? 0)) wrong.push(`${id}: ${revision} after ${latest.get(id)}`)
        latest.set(id, revision)
      })
    }
    return {
      entries,
      close: session.connection.close,
      get end() {
        return end
      },
    }
  })
  return { t, storage, wiping, clients, wrong }
}

test('whatever providers, storage and connections do: in the end every client has what the server has, and none was shown an older revision within an epoch', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.boolean(), async (steps, endsWithChange) => {
      const { t, storage, wiping, clients, wrong } = await setUp()
      await using _ = t
      await t.clock.advance(600)
      for (const each of steps) {
        if (each.do === 'change') t.probe('orders', each.region).returns(documentOf(each.n))
        else if (each.do === 'fail') t.probe('orders', each.region).fails(new Error('down'))
        else if (each.do === 'trouble') storage.trouble = each.to
        else if (each.do === 'cut') clients[each.client]?.end?.cut()
        else if (each.do === 'clog') clients[each.client]?.end?.clog()
        else if (each.do === 'unclog') clients[each.client]?.end?.unclog()
        else if (each.do === 'wipe') await wiping.snapshots.remove([{ team: 'default', api: 'orders', region: each.region }])
        else if (each.do === 'step') t.clock.step(each.ms)
        await t.clock.advance(each.do === 'pass' ? each.ms : 150)
      }
      storage.trouble = 'none'
      for (const { end } of clients) end?.unclog()
      if (endsWithChange) for (const name of regions) t.probe('orders', name).returns(documentOf(99))
      // Longer than the longest pause of a circuit; then polling stops changing what is shown.
      await t.clock.advance(70_000)
      const server = await Promise.all(topics.map(({ name, params }) => t.sightline.read({ topic: name, params, as: 'system' })))
      for (const { entries } of clients) {
        for (const [index, entry] of entries.entries()) {
          const frame = server[index]
          const view = entry.view()
          expect({ topic: topics[index], ...view }).toMatchObject({
            status: 'live',
            isProvisional: false,
            mark: { digest: frame?.kind === 'log' ? '' : frame?.digest },
          })
        }
      }
      expect(wrong).toEqual([])
      for (const each of clients) each.close()
    }),
    { numRuns: 40 },
  )
}, 120_000)
