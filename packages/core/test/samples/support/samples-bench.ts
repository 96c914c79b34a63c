import { createEmitter } from '../../../src/emitter.ts'
import { SightlineError } from '../../../src/errors.ts'
import type { Leadership } from '../../../src/leadership.ts'
import { type MemoryStore, memoryStorage, memoryStore } from '../../../src/memory/index.ts'
import type { OperationContext } from '../../../src/operations/operation-context.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import type { Bucket, Point, Series } from '../../../src/ports/samples.ts'
import type { StorageDriver } from '../../../src/ports/storage.ts'
import { createSamplesPart, SAMPLE_COLLECTIONS } from '../../../src/samples/create-samples-part.ts'
import type { SamplesDependencies, SamplesPart } from '../../../src/samples/samples-part.ts'
import { type TestClock, testClock } from '../../../src/testing/index.ts'

export interface BenchOptions {
  readonly clock?: TestClock
  readonly store?: MemoryStore
  readonly driver?: StorageDriver
  readonly leadership?: Leadership
  readonly retention?: SamplesDependencies['retention']
  readonly unitOf?: SamplesDependencies['unitOf']
}

export interface SamplesBench {
  readonly part: SamplesPart
  readonly clock: TestClock
  readonly driver: StorageDriver
  /** Calls that reached storage, by name. */
  readonly calls: Map<string, number>
  state: 'up' | 'away'
  /** Called before each call; throws in its stead. */
  before: (name: string) => void | Promise<void>
  /** Called after each call that succeeded; throws in its stead. */
  after: (name: string) => void
  query<T>(operation: keyof SamplesPart['operations'], input: unknown, team?: string): Promise<T>
  points(service: string, region?: string): Promise<readonly Point[]>
  buckets(resolutionMs: number, service?: string, region?: string): Promise<readonly Bucket[]>
}

/** A samples part on a real memory storage that can be watched and can fail. */
export const samplesBench = async (options: BenchOptions = {}): Promise<SamplesBench> => {
  const clock = options.clock ?? testClock()
  const driver = options.driver ?? memoryStorage({ store: options.store ?? memoryStore() })
  await driver.connect({ collections: SAMPLE_COLLECTIONS, format: { writes: 1, reads: 1 } })
  const calls = new Map<string, number>()
  const guard =
    <A extends unknown[], T>(name: string, call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await bench.before(name)
      calls.set(name, (calls.get(name) ?? 0) + 1)
      const answer = await call(...args)
      bench.after(name)
      return answer
    }
  const { samples } = driver
  const watched: StorageDriver = {
    ...driver,
    samples: {
      append: guard('append', samples.append),
      points: guard('points', samples.points),
      buckets: guard('buckets', samples.buckets),
      putBuckets: guard('putBuckets', samples.putBuckets),
      series: guard('series', samples.series),
      prune: guard('prune', samples.prune),
    },
    commit: guard('commit', driver.commit),
    collection: (definition) => {
      const collection = driver.collection(definition)
      return { ...collection, load: guard('load', collection.load), list: guard('list', collection.list) }
    },
  }
  let ids = 0
  const part = createSamplesPart({
    clock,
    random: () => 0.5,
    randomId: () => `id-${Math.random()}-${ids++}`,
    logger: silentLogger(),
    origin: 'test',
    link: {
      get state() {
        return bench.state
      },
      run: async (call) => {
        if (bench.state !== 'up') throw new SightlineError('UNAVAILABLE', 'The test took storage away.')
        return call(watched)
      },
    },
    leadership: options.leadership ?? { isLeading: true, subscribe: () => () => {} },
    remote: { isAlone: true, carry: () => {}, hear: () => {} },
    emitter: createEmitter({ logger: silentLogger() }),
    publish: () => {},
    ...(options.retention === undefined ? {} : { retention: options.retention }),
    ...(options.unitOf === undefined ? {} : { unitOf: options.unitOf }),
  })
  const everything = { from: 0, to: 8e15 }
  const seriesOf = (service: string, region: string): readonly Series[] => [{ team: 'default', service, region }]
  const bench: SamplesBench = {
    part,
    clock,
    driver,
    calls,
    state: 'up',
    before: () => {},
    after: () => {},
    query: async (operation, input, team = 'default') => {
      const { input: schema, output, handle } = part.operations[operation]
      const parsed = await schema['~standard'].validate(input)
      if (parsed.issues !== undefined)
        throw new SightlineError('INVALID_INPUT', parsed.issues.map(({ message }) => message).join())
      const answer = await output['~standard'].validate(await handle(parsed.value, { team } as OperationContext))
      if (answer.issues !== undefined) throw new Error(JSON.stringify(answer.issues))
      return answer.value as never
    },
    points: async (service, region = 'us-east') =>
      (await samples.points({ series: seriesOf(service, region), ...everything }, { limit: 1_000_000 })).items,
    buckets: (resolutionMs, service = 'checkout', region = 'us-east') =>
      samples.buckets({ series: seriesOf(service, region), ...everything, resolutionMs }),
  }
  return bench
}

export const sampleAt = (at: number, latencyMs: number, over: Partial<Parameters<SamplesPart['observe']>[0]> = {}) => ({
  team: 'default',
  service: 'checkout',
  region: 'us-east',
  at,
  verdict: 'up' as const,
  values: { latencyMs },
  ...over,
})
