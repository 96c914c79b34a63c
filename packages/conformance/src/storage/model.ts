import assert from 'node:assert/strict'
import { type Head, type SnapshotKey, snapshotId } from '@sightline/core/ports'
import fc from 'fast-check'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { keyOf, snapshotWrite } from './writes.ts'

/** One target, as the contract says it is: nothing but what can be read from its comments. */
interface Model {
  fence: number
  latest: { readonly revision: number; readonly body: string } | null
  tombstone: number | null
  epoch: number
  /** Newest first. */
  history: readonly { readonly epoch: number; readonly revision: number; readonly body: string }[]
  /** Of the epoch: what won, oldest first. */
  won: readonly { readonly writeId: string; readonly epoch: number; readonly revision: number }[]
}

type Command =
  | {
      readonly kind: 'replace'
      readonly target: number
      readonly expected: 'current' | 'none' | 'stale'
      readonly fence: number
      readonly writeId: number
    }
  | { readonly kind: 'raiseFence'; readonly target: number; readonly fence: number }
  | { readonly kind: 'remove'; readonly target: number }
  | { readonly kind: 'read' }

const targets: readonly SnapshotKey[] = [keyOf('a'), keyOf('b'), keyOf('a', 'us')]

const target = fc.nat({ max: targets.length - 1 })
const fence = fc.nat({ max: 3 })
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('replace' as const),
      target,
      expected: fc.constantFrom('current' as const, 'current' as const, 'current' as const, 'none' as const, 'stale' as const),
      fence,
      writeId: fc.nat({ max: 14 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('raiseFence' as const), target, fence }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
)

/** Any sequence of commands leaves a store as a few lines of model say. */
export const model: Group<StorageContext> = {
  name: 'model',
  tests: {
    'any sequence of commands answers as the model does': async ({ driver }) => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 60, size: 'max' }), async (commands) => {
          // Each run has targets of its own, so that one store serves them all.
          const team = `run-${++run}`
          const keys = targets.map((key) => ({ ...key, team }))
          const models = keys.map(emptyModel)
          const epochs = new Map<number, string>()
          for (const each of commands) await step(driver, { command: each, keys, models, epochs })
          await compare(driver, { keys, models, epochs, team })
        }),
        { numRuns: 40 },
      )
    },
  },
}

const emptyModel = (): Model => ({ fence: 0, latest: null, tombstone: null, epoch: 0, history: [], won: [] })

interface State {
  readonly keys: readonly SnapshotKey[]
  readonly models: readonly Model[]
  /** The driver's name of each of the model's epochs. */
  readonly epochs: Map<number, string>
}

const step = async (
  driver: StorageContext['driver'],
  { command: each, ...state }: State & { readonly command: Command },
): Promise<void> => {
  if (each.kind === 'read') return compare(driver, { ...state, team: state.keys[0]?.team ?? '' })
  const key = state.keys[each.target]
  const one = state.models[each.target]
  assert.ok(key !== undefined && one !== undefined)
  if (each.kind === 'raiseFence') {
    await driver.snapshots.raiseFence([key], each.fence)
    one.fence = Math.max(one.fence, each.fence)
  } else if (each.kind === 'remove') {
    await driver.snapshots.remove([key])
    if (one.latest === null) return
    one.tombstone = one.latest.revision + 1
    one.latest = null
  } else await replace(driver, { ...state, key, one, each })
}

const replace = async (
  driver: StorageContext['driver'],
  {
    key,
    one,
    each,
    models,
    epochs,
  }: State & { readonly key: SnapshotKey; readonly one: Model; readonly each: Command & { kind: 'replace' } },
): Promise<void> => {
  const writeId = `${key.team}-${each.writeId}`
  const body = `"${writeId}"`
  const current = one.latest === null ? null : { epoch: epochs.get(one.epoch) ?? '', revision: one.latest.revision }
  const expected = { current, none: null, stale: { epoch: current?.epoch ?? 'none', revision: 999 } }[each.expected]
  const [outcome] = await driver.snapshots.replace([snapshotWrite({ key, expected, fence: each.fence, writeId, body })])
  assert.ok(outcome !== undefined)

  const remembered = [...one.won.slice(0, 1), ...one.won.slice(-8)].find((entry) => entry.writeId === writeId)
  if (remembered !== undefined) {
    assert.ok(outcome.ok, 'a repeat answers as the first did')
    assert.deepEqual(outcome.record.version, { epoch: epochs.get(remembered.epoch), revision: remembered.revision })
    return
  }
  const answer = outcome.ok ? 'won' : outcome.reason
  const isExpected = each.expected === 'current' || (each.expected === 'none' && one.latest === null)
  if (each.fence < one.fence) return assert.equal(answer, 'fenced')
  if (!isExpected) return assert.equal(answer, 'conflict')
  assert.ok(outcome.ok, `expected the write to win, got ${answer}`)
  if (one.latest === null) {
    one.epoch = Math.max(0, ...models.map(({ epoch }) => epoch)) + 1
    one.won = []
    assert.ok(![...epochs.values()].includes(outcome.record.version.epoch), 'an epoch never comes back')
    epochs.set(one.epoch, outcome.record.version.epoch)
  }
  const revision = (one.latest?.revision ?? 0) + 1
  assert.deepEqual(outcome.record.version, { epoch: epochs.get(one.epoch), revision })
  one.latest = { revision, body }
  one.tombstone = null
  one.fence = each.fence
  one.history = [{ epoch: one.epoch, revision, body }, ...one.history]
  one.won = [...one.won, { writeId, epoch: one.epoch, revision }]
}

const compare = async (
  driver: StorageContext['driver'],
  { keys, models, epochs, team }: State & { readonly team: string },
): Promise<void> => {
  const latest = await driver.snapshots.load(keys)
  assert.deepEqual(
    latest.map((snapshot) => (snapshot === null ? null : { revision: snapshot.version.revision, body: snapshot.body })),
    models.map((one) => one.latest),
  )
  const expectedHeads = models.flatMap((one, index): readonly Head[] => {
    const key = keys[index]
    const revision = one.latest?.revision ?? one.tombstone
    if (key === undefined || revision === null) return []
    const version = { epoch: epochs.get(one.epoch) ?? '', revision }
    return [{ id: snapshotId(key), team, version, ...(one.latest === null ? { deleted: true as const } : {}) }]
  })
  const heads = await readAll((page) => driver.snapshots.heads({ team }, page), { limit: 2 })
  assert.deepEqual(new Map(heads.map((head) => [head.id, head])), new Map(expectedHeads.map((head) => [head.id, head])))
  assert.equal(heads.length, expectedHeads.length)
  for (const [index, key] of keys.entries()) {
    const entries = await readAll((page) => driver.snapshots.history(key, page), { limit: 3 })
    assert.deepEqual(
      entries.map(({ version, body }) => ({ version, body })),
      models[index]?.history.map(({ epoch, revision, body }) => ({ version: { epoch: epochs.get(epoch), revision }, body })),
    )
  }
}
