import { expect, test } from 'vitest'
import { decideSnapshot, type TargetHead } from '../../src/driver/decide-snapshot.ts'
import type { Version } from '../../src/ports/identity.ts'

const version = { epoch: 'e1', revision: 12 }
const writes = { first: 'w1', recent: ['w5', 'w6', 'w7', 'w8', 'w9', 'w10', 'w11', 'w12'] }
const targets = {
  unknown: { version: null, isLive: false, fence: 0, writes: null },
  fenced: { version: null, isLive: false, fence: 3, writes: null },
  live: { version, isLive: true, fence: 3, writes },
  removed: { version, isLive: false, fence: 3, writes },
} satisfies Record<string, TargetHead>

const stale = { epoch: 'e1', revision: 11 }
const foreign = { epoch: 'e0', revision: 12 }
const begun = { kind: 'write', revision: 1, isSameEpoch: false }
const conflict = { kind: 'conflict' }
const fenced = { kind: 'fenced' }

const table: readonly (readonly [keyof typeof targets, Version | null, number, object])[] = [
  ['unknown', null, 0, begun],
  ['unknown', version, 0, conflict],
  ['fenced', null, 3, begun],
  ['fenced', null, 2, fenced],
  ['fenced', version, 3, conflict],
  ['live', version, 3, { kind: 'write', revision: 13, isSameEpoch: true }],
  ['live', version, 9, { kind: 'write', revision: 13, isSameEpoch: true }],
  ['live', version, 2, fenced],
  ['live', null, 3, conflict],
  ['live', null, 2, fenced],
  ['live', stale, 3, conflict],
  ['live', foreign, 3, conflict],
  ['removed', null, 3, begun],
  ['removed', null, 2, fenced],
  ['removed', version, 3, conflict],
]

test.each(table)('%s target, expecting %o at fence %i: %o', (target, expected, fence, decision) => {
  expect(decideSnapshot(targets[target], { writeId: 'new', expected, fence })).toEqual(decision)
})

test('a repeat comes before the fence and the version, as far as writes are remembered', () => {
  for (const target of [targets.live, targets.removed]) {
    const repeat = (writeId: string) => decideSnapshot(target, { writeId, expected: foreign, fence: 9 })
    expect(repeat('w12')).toEqual({ kind: 'repeated', revision: 12 })
    expect(repeat('w5')).toEqual({ kind: 'repeated', revision: 5 })
    expect(repeat('w1')).toEqual({ kind: 'repeated', revision: 1 })
    expect(repeat('w4')).toEqual(conflict)
    expect(decideSnapshot(target, { writeId: 'w12', expected: null, fence: 0 })).toEqual({ kind: 'repeated', revision: 12 })
  }
})
