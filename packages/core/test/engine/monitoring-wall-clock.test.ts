import { afterEach, expect, test } from 'vitest'
import {
  allowAll,
  createSightline,
  defineNotifier,
  memoryStorage,
  type Probe,
  SightlineError,
  type StorageDriver,
  silentLogger,
} from '../../src/index.ts'
import { recordingTransport } from './support/recording-transport.ts'

const SERVICES = 120
/** Half a second for each five: most targets that fail in one tick would be the monitor's own trouble. */
const AT_ONCE = 5
const EVERY_MS = 250
/** The promise is 1 s; a machine that is busy with other tests is given more. `npm run bench -- decisions` measures it. */
const LONGEST_MS = 4_000

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Storage that a test takes away: every call of it, of collections too. */
const takenAway = (driver: StorageDriver, away: () => 'none' | 'refuses' | 'hangs'): StorageDriver => {
  const guard = <T extends object>(inner: T): T =>
    new Proxy(inner, {
      get: (target, name) => {
        const found = Reflect.get(target, name)
        if (typeof found === 'object' && found !== null) return guard(found)
        if (typeof found !== 'function' || name === 'close') return found
        return (...args: unknown[]) => {
          if (name === 'collection') return guard(found.apply(target, args))
          if (away() === 'refuses') return Promise.reject(new SightlineError('UNAVAILABLE', 'The test took storage away.'))
          return away() === 'hangs' ? new Promise(() => {}) : found.apply(target, args)
        }
      },
    })
  return guard(driver)
}

const p99 = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN
}

for (const away of ['refuses', 'hangs'] as const) {
  test(`on the wall clock, ${SERVICES} services failing one after another while storage ${away}: each is shown and told soon after the check that decides`, async () => {
    let storage: 'none' | 'refuses' | 'hangs' = 'none'
    const failing = new Set<string>()
    const decidedAt = new Map<string, number>()
    const shownAt = new Map<string, number>()
    const toldAt = new Map<string, number>()
    const names = Array.from({ length: SERVICES }, (_, index) => `service-${index}`)
    const probe = (name: string): Probe => ({
      collect: async () => {
        if (!failing.has(name)) return { outcome: 'value', latencyMs: 1, values: {}, value: {} }
        // The last try of the check that decides.
        if (!toldAt.has(name) && !shownAt.has(name)) decidedAt.set(name, performance.now())
        throw new Error('connect ECONNREFUSED')
      },
    })
    const sightline = createSightline({
      access: allowAll(),
      logger: silentLogger(),
      probes: [],
      storage: takenAway(memoryStorage(), () => storage),
      services: Object.fromEntries(names.map((name) => [name, { intervalMs: 1_000, probe: probe(name) }])),
      notifiers: {
        ops: defineNotifier({
          name: 'test',
          send: async (note) => {
            const { value: name = '' } = note.facts.find((fact) => fact.name === 'Service') ?? {}
            toldAt.set(name, performance.now())
          },
        }),
      },
      routes: [{ channels: ['ops'], groupBy: ['service'], groupWaitMs: 0 }],
    })
    undo.push(() => sightline.stop({ timeoutMs: 500 }))
    const transport = recordingTransport()
    const { broadcast } = transport
    transport.broadcast = (room, frame, ...more) => {
      if (frame.kind === 'keyed') {
        for (const [, , item] of frame.put) {
          const { service = '', rule } = item as { readonly service?: string; readonly rule?: string }
          if (rule === 'service-down' && !shownAt.has(service)) shownAt.set(service, performance.now())
        }
      }
      broadcast(room, frame, ...more)
    }
    await sightline.attach(transport)
    await sightline.start()
    const session = await transport.connect()
    await transport.gateway.subscribe(session, { topic: 'incidents' })
    await pass(2_500)
    storage = away
    await pass(1_000)
    for (let first = 0; first < SERVICES; first += AT_ONCE) {
      for (const name of names.slice(first, first + AT_ONCE)) failing.add(name)
      await pass(EVERY_MS)
    }
    for (
      const endsAt = performance.now() + 20_000;
      Math.min(toldAt.size, shownAt.size) < SERVICES && performance.now() < endsAt;
    )
      await pass(50)
    const after = (times: ReadonlyMap<string, number>) =>
      names.map((name) => (times.get(name) ?? Number.POSITIVE_INFINITY) - (decidedAt.get(name) ?? Number.NaN))
    const [shownMs, toldMs] = [p99(after(shownAt)), p99(after(toldAt))]
    console.info(
      `storage ${away}: shown within ${Math.round(shownMs)} ms, told within ${Math.round(toldMs)} ms (p99 of ${SERVICES})`,
    )
    expect(toldAt.size).toBe(SERVICES)
    expect(shownMs).toBeLessThan(LONGEST_MS)
    expect(toldMs).toBeLessThan(LONGEST_MS)
  }, 90_000)
}
