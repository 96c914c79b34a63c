import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyLog, emptyLog, type LogTopic } from '../../src/topics/log-topic.ts'
import { context, entries } from '../support/frames.ts'

const idsOf = (state: LogTopic) => state.data?.map(({ id }) => id).join('')
const log = (ids: string, cursor = 'c1') => applyLog(emptyLog, entries(cursor, [...ids]), context).state

test('appends in order, each entry once', () => {
  const { state } = applyLog(log('abc'), entries('c2', ['c', 'd', 'd', 'e']), context)
  expect(idsOf(state)).toBe('abcde')
  expect(state.cursor).toBe('c2')
})

test('keeps the newest, and does not take back those it let go', () => {
  const full = applyLog(log('abc'), entries('c2', ['d', 'e', 'f', 'g']), context).state
  expect(idsOf(full)).toBe('cdefg')
  expect(idsOf(applyLog(full, entries('c3', ['a', 'b', 'h']), context).state)).toBe('defgh')
})

test('remembers ids up to a bound', () => {
  let state = emptyLog
  for (let i = 0; i < 100; i++) state = applyLog(state, entries('c', [`${i}`]), context).state
  expect(state.seen.size).toBe(4 * context.maxLogEntries)
})

test('an empty log is there, and empty', () => {
  expect(applyLog(emptyLog, entries('c', []), context).state.data).toEqual([])
})

test('a reset forgets', () => {
  const { state } = applyLog(log('abc'), entries('c9', ['c', 'x'], { reset: true }), context)
  expect(idsOf(state)).toBe('cx')
})

test('provisional entries are shown, and move no cursor', () => {
  const { state } = applyLog(log('ab'), entries('c9', ['c'], { provisional: true }), context)
  expect([idsOf(state), state.cursor]).toEqual(['abc', 'c1'])
  expect(idsOf(applyLog(state, entries('c2', ['c', 'd']), context).state)).toBe('abcd')
})

test('counts what a slow client missed', () => {
  const once = applyLog(log('a'), entries('c2', ['b'], { dropped: 3 }), context).state
  expect(applyLog(once, entries('c3', ['c'], { dropped: 2 }), context).state.dropped).toBe(5)
})

test('nothing new keeps the list as it is', () => {
  const before = log('abc')
  expect(applyLog(before, entries('c2', ['a', 'b']), context).state.data).toBe(before.data)
})

test('frames that come again change nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 4 }), { maxLength: 10 }),
      fc.nat(9),
      (batches, again) => {
        const wide = { ...context, maxLogEntries: 100 }
        const apply = (state: LogTopic, ids: readonly string[]) => applyLog(state, entries('c', ids), wide).state
        const once = batches.reduce(apply, emptyLog)
        const twice = batches.reduce((state, ids, i) => apply(apply(state, ids), batches[Math.min(i, again)] ?? []), emptyLog)
        expect(twice.data?.map(({ id }) => id) ?? []).toEqual(once.data?.map(({ id }) => id) ?? [])
        expect(new Set(idsList(once)).size).toBe(idsList(once).length)
      },
    ),
  )
})

const idsList = (state: LogTopic): readonly string[] => state.data?.map(({ id }) => id) ?? []
