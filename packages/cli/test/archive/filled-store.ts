import { randomUUID } from 'node:crypto'
import { type CollectionDefinition, storagePlan } from '@sightline/core'
import type { SnapshotKey, StorageDriver, Version } from '@sightline/core/ports'

const thing = {
  name: 'test.thing',
  parse: (raw) => raw as { readonly kind: string },
  indexes: { byKind: ['kind'] },
} satisfies CollectionDefinition<{ readonly kind: string }>

/** What the stores of these tests are connected with. */
export const plan = storagePlan([{ name: 'test', collections: [thing] } as never])

/** Documents that engines like to change. */
const documents = [
  '{"a":1}',
  '{"$set":{"a.b":[1e21,-0,1.10]},"":"\\u0000"}',
  '{"cleared":"\u009b2J\u202e"}',
  '{"high":"\ud800","__proto__":{"x":[[[]]]}}',
  '"just text"',
  `{"long":"${'é😀'.repeat(20_000)}"}`,
]

const startedAt = Date.UTC(2026, 0, 1)

interface NewDocument {
  readonly body: string
  readonly at: number
  readonly expected: Version | null
  /** @default made of `at` */
  readonly hash?: string
}

export const write = async (
  storage: StorageDriver,
  key: SnapshotKey,
  { body, at, expected, hash = at.toString(16).padStart(40, '0') }: NewDocument,
): Promise<Version> => {
  const [outcome] = await storage.snapshots.replace([
    { key, expected, writeId: randomUUID(), at, body, hash, fence: 7, detector: 'd' },
  ])
  if (outcome?.ok !== true) throw new Error('a write of the test lost')
  return outcome.record.version
}

/** Fills a connected store with everything a store can hold: two epochs, a removed target, awkward names and texts. */
export const fillStore = async (storage: StorageDriver, { entries = 60 } = {}): Promise<void> => {
  for (const region of ['us-east', 'ü/ %', 'gone']) {
    const key = { team: 'default', api: 'orders', region }
    let version: Version | null = null
    for (let n = 0; n < entries; n++)
      version = await write(storage, key, {
        body: documents[n % documents.length] as string,
        at: startedAt + n,
        expected: version,
      })
    if (region === 'us-east') continue
    await storage.snapshots.remove([key])
    if (region === 'gone') continue
    version = null
    for (let n = 0; n < 3; n++)
      version = await write(storage, key, { body: `{"second":${n}}`, at: startedAt + entries + n, expected: version })
  }
  const commits = Array.from({ length: 450 }, (_, index) => ({
    write: {
      store: thing.name,
      id: `thing ${index}`,
      team: index % 2 === 0 ? 'default' : 'é',
      expected: null,
      writeId: randomUUID(),
      at: startedAt + index,
      value: { kind: index % 3 === 0 ? 'a' : 'b', $odd: { 'a.b': [index, null, 'text'] } },
    },
    then: [],
  }))
  await storage.commit(commits)
  const series = ['checkout', 'é'].map((service) => ({ team: 'default', service, region: 'eu' }))
  for (const each of series) {
    await storage.samples.append(
      Array.from({ length: 700 }, (_, index) => ({
        series: each,
        at: startedAt + index * 1_000,
        values: { latencyMs: index / 3, up: 1 },
      })),
    )
    await storage.samples.putBuckets([{ series: each, resolutionMs: 60_000, start: startedAt, stats: Uint8Array.of(0, 255, 7) }])
  }
  for (const team of ['default', 'é']) {
    await storage.logs.append(
      { team },
      Array.from({ length: 600 }, (_, index) => ({
        id: `line ${index}`,
        at: startedAt + index,
        service: 'checkout',
        severity: 9,
        terms: ['disk', 'full'],
        body: '{"message":"disk \\u0000 full"}',
      })),
    )
  }
}
