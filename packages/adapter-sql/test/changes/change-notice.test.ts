import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Change } from '../../src/changes/change.ts'
import { fromNotice, toBeat, toNotices } from '../../src/changes/change-notice.ts'

const change = fc.record({
  store: fc.constantFrom('snapshots', 'incidents.incident'),
  head: fc
    .record({
      id: fc.string({ unit: 'binary', maxLength: 400 }),
      team: fc.string({ unit: 'binary', maxLength: 40 }),
      version: fc.record({ epoch: fc.uuid(), revision: fc.integer({ min: 1, max: 2 ** 31 - 1 }) }),
      deleted: fc.boolean(),
    })
    .map(({ deleted, ...head }) => (deleted ? { ...head, deleted: true as const } : head)),
})

test('any changes come back as they were, in order, in notifications that PostgreSQL takes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const notices = toNotices(changes)
      for (const notice of notices) expect(Buffer.byteLength(notice)).toBeLessThan(8_000)
      const told = notices.map(fromNotice).flatMap((notice) => (notice?.kind === 'changes' ? notice.changes : []))
      expect(told).toEqual(changes)
    }),
  )
})

test('250 changes of one transaction share few notifications', () => {
  const changes = Array.from(
    { length: 250 },
    (_, index): Change => ({
      store: 'snapshots',
      head: { id: `api-${index}/eu`, team: 'red', version: { epoch: crypto.randomUUID(), revision: 1 } },
    }),
  )
  expect(toNotices(changes).length).toBeLessThanOrEqual(4)
})

test('a change whose names are too long is told by its store alone', () => {
  const head = { id: 'x'.repeat(9_000), team: 'red', version: { epoch: 'e', revision: 1 } }
  const notices = toNotices([{ store: 'notes', head }])
  expect(notices.map(fromNotice)).toEqual([{ kind: 'unnamed', stores: ['notes'] }])
})

test('a beat is one, and what anybody else notifies is nothing', () => {
  expect(fromNotice(toBeat('a'))).toEqual({ kind: 'beat', id: 'a' })
  for (const foreign of ['', 'hello', '{}', '[1]', 'null', '{"c":1}', '{"c":[1]}']) expect(fromNotice(foreign)).toBe(null)
})
