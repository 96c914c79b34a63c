import type { SnapshotWrite } from '@sightline/core/ports'
import { expect, test } from 'vitest'
import { type Decision, decideReplace, type Epoch, type TargetState, unknownTarget } from '../../src/snapshots/decide-replace.ts'

const epoch: Epoch = { id: 7, name: 'e1', createdAt: 100, firstWrite: 'first' }
const recent = ['first', 'second', 'third', 'fourth', 'fifth']
const live: TargetState = { ...unknownTarget, id: 1, epoch, revision: 5, fence: 3, isLive: true, recent }
const removed: TargetState = { ...live, isLive: false }
const fenced: TargetState = { ...unknownTarget, id: 1, fence: 3 }

const write = (changes: Partial<SnapshotWrite>): SnapshotWrite => ({
  key: { team: 'red', api: 'orders', region: 'eu' },
  expected: null,
  writeId: 'w',
  at: 500,
  body: '1',
  hash: 'h',
  fence: 3,
  detector: 'd',
  ...changes,
})

const present = { epoch: 'e1', revision: 5 }
const stale = { epoch: 'e1', revision: 4 }
const foreign = { epoch: 'e0', revision: 5 }

/** Every kind of target against every kind of write: `+n` wins as revision n, `new` in a new epoch, otherwise how it ends. */
const table: readonly (readonly [TargetState, string, Partial<SnapshotWrite>, string])[] = [
  [unknownTarget, 'unknown', { expected: null, fence: 0 }, 'new'],
  [unknownTarget, 'unknown', { expected: present, fence: 0 }, 'conflict with nothing'],
  [fenced, 'only fenced', { expected: null, fence: 3 }, 'new'],
  [fenced, 'only fenced', { expected: null, fence: 2 }, 'fenced by nothing'],
  [fenced, 'only fenced', { expected: present, fence: 3 }, 'conflict with nothing'],
  [live, 'live', { expected: present, fence: 3 }, '+6'],
  [live, 'live', { expected: present, fence: 9 }, '+6'],
  [live, 'live', { expected: present, fence: 2 }, 'fenced by 5'],
  [live, 'live', { expected: null, fence: 3 }, 'conflict with 5'],
  [live, 'live', { expected: stale, fence: 3 }, 'conflict with 5'],
  [live, 'live', { expected: foreign, fence: 3 }, 'conflict with 5'],
  [live, 'live', { expected: null, fence: 2 }, 'fenced by 5'],
  [removed, 'removed', { expected: null, fence: 3 }, 'new'],
  [removed, 'removed', { expected: null, fence: 2 }, 'fenced by nothing'],
  [removed, 'removed', { expected: present, fence: 3 }, 'conflict with nothing'],
]

const describeDecision = (decision: Decision): string => {
  if (decision.kind === 'repeated') return 'repeated'
  if (decision.kind === 'won') {
    const { epoch: name, revision } = decision.record.version
    return name === 'e1' ? `+${revision}` : revision === 1 && name === 'fresh' ? 'new' : 'wrong'
  }
  const current = decision.current === null ? 'nothing' : 'version' in decision.current ? 'a snapshot' : decision.current.revision
  return `${decision.kind} ${decision.kind === 'conflict' ? 'with' : 'by'} ${current}`
}

const decide = (state: TargetState, changes: Partial<SnapshotWrite>): Decision =>
  decideReplace(state, write(changes), () => 'fresh')

test.each(table)('%#: a target that is %2$s', (state, _, changes, expected) => {
  expect(describeDecision(decide(state, changes))).toBe(expected)
})

test('a repeat comes before the fence and the version, whatever the target is', () => {
  for (const state of [live, removed]) {
    for (const changes of [
      { expected: null, fence: 0 },
      { expected: present, fence: 9 },
    ]) {
      expect(decide(state, { ...changes, writeId: 'fourth' })).toEqual({ kind: 'repeated', entry: { epoch, revision: 4 } })
    }
  }
})

test('a winner is the latest for the next write of the batch, and is remembered', () => {
  const first = decide(live, { expected: present, writeId: 'a', fence: 4, at: 600 })
  if (first.kind !== 'won') throw new Error(first.kind)
  expect(first.record).toMatchObject({ version: { epoch: 'e1', revision: 6 }, createdAt: 100, at: 600, fence: 4 })
  expect('expected' in first.record).toBe(false)
  expect(decide(first.next, { expected: present, fence: 4 })).toEqual({ kind: 'conflict', current: first.record })
  expect(decide(first.next, { expected: present, fence: 3 })).toEqual({ kind: 'fenced', current: first.record })
  expect(decide(first.next, { expected: null, writeId: 'a', fence: 0 })).toEqual({ kind: 'repeated', entry: first.record })
  const second = decide(first.next, { expected: first.record.version, writeId: 'b', fence: 4 })
  expect(describeDecision(second)).toBe('+7')
})

test('an epoch remembers its first write and the last eight, also across batches', () => {
  let state = live
  for (let revision = 6; revision <= 20; revision++) {
    const decision = decide(state, { expected: { epoch: 'e1', revision: revision - 1 }, writeId: `w${revision}` })
    if (decision.kind !== 'won') throw new Error(decision.kind)
    state = { ...decision.next, latest: null, won: [] }
  }
  expect(state.recent).toEqual(['w13', 'w14', 'w15', 'w16', 'w17', 'w18', 'w19', 'w20'])
  expect(decide(state, { writeId: 'first' })).toMatchObject({ kind: 'repeated', entry: { revision: 1 } })
  expect(decide(state, { writeId: 'w13' })).toMatchObject({ kind: 'repeated', entry: { revision: 13 } })
  expect(decide(state, { writeId: 'w20' })).toMatchObject({ kind: 'repeated', entry: { revision: 20 } })
  for (const writeId of ['second', 'w12']) expect(decide(state, { writeId }).kind).toBe('conflict')
})

test('a new epoch begins with its first write, and forgets the writes of the one before', () => {
  const begun = decide(removed, { expected: null, at: 900, writeId: 'again' })
  if (begun.kind !== 'won') throw new Error(begun.kind)
  expect(begun.record).toMatchObject({ version: { epoch: 'fresh', revision: 1 }, createdAt: 900 })
  expect(begun.next.epoch).toEqual({ id: null, name: 'fresh', createdAt: 900, firstWrite: 'again' })
  expect(begun.next.won.map(({ writeId }) => writeId)).toEqual(['again'])
  expect(begun.next.recent).toEqual(['again'])
})
