import type { LogLine } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { filterOf, parseFields, parseLogView, spellFields, timesOf, viewOfFilter } from '../../page/logs/log-view.ts'
import { newSince, tailWindow } from '../../page/logs/tail-window.ts'
import { stackVolume, sumVolume } from '../../page/logs/volume-bars.ts'

it('reads the address loosely', () => {
  expect(
    parseLogView({ view: 'search', service: 'x', severity: 'warn', q: 404, from: '12', to: 99, span: '7d', trace: 't' }),
  ).toEqual({
    view: 'search',
    service: 'x',
    severity: 'warn',
    q: '404',
    from: 12,
    to: 99,
    span: '7d',
    trace: 't',
  })
  expect(parseLogView({ view: 'tail', severity: 'loud', from: -1, to: 1.5, span: '9y' })).toEqual({})
})

it('fields are found by path, with or without quotes', () => {
  expect(parseFields('user.id=u1 zone="eu west" odd =x')).toEqual({ 'user.id': 'u1', zone: 'eu west' })
})

it.each([{}, { 'user.id': 'u1' }, { zone: 'eu west', empty: '' }, { a: '1', b: '=', 'c.d': '@x=y' }])(
  'what is spelled is read again: %j',
  (fields) => {
    expect(parseFields(spellFields(fields))).toEqual(fields)
  },
)

it('a stored filter is the search that it was, whenever it is asked', () => {
  const view = parseLogView({ view: 'search', service: 'x', severity: 'error', q: 'lost', fields: 'a=1', trace: 't' })
  expect(viewOfFilter(filterOf(view))).toEqual(view)
  expect(filterOf({})).toEqual({})
})

it('times are those of the address, else the last span', () => {
  expect(timesOf({}, 10_000_000)).toEqual({ from: 6_400_000, to: 10_000_000 })
  expect(timesOf({ span: '15m' }, 1_000_000)).toEqual({ from: 100_000, to: 1_000_000 })
  expect(timesOf({ from: 5, span: '15m' }, 9)).toEqual({ from: 5, to: 9 })
  expect(timesOf({ from: 5, to: 7 }, 9)).toEqual({ from: 5, to: 7 })
})

const line = (id: number) => ({ id: String(id) }) as LogLine

it('a tail keeps the newest 500, and knows how many came since', () => {
  const lines = Array.from({ length: 600 }, (_, id) => line(id))
  const shown = tailWindow(lines)
  expect([shown.length, shown[0]?.id, shown.at(-1)?.id]).toEqual([500, '100', '599'])
  expect(newSince(shown, line(590))).toBe(9)
  expect(newSince(shown, line(3))).toBe(500)
  expect(newSince(shown, undefined)).toBe(500)
})

it('bars stand upon each other, the worst at the bottom', () => {
  const volume = { start: 10, stepMs: 5, counts: { debug: [1, 0], info: [2, 0], warn: [0, 3], error: [4, 0], fatal: [0, 1] } }
  const { times, values } = stackVolume(volume)
  expect(times).toEqual([10, 15])
  expect(values).toEqual([
    [7, 4],
    [6, 4],
    [4, 4],
    [4, 1],
    [0, 1],
  ])
  expect(sumVolume(volume)).toEqual([
    { severity: 'fatal', count: 1 },
    { severity: 'error', count: 4 },
    { severity: 'warn', count: 3 },
    { severity: 'info', count: 2 },
    { severity: 'debug', count: 1 },
  ])
})
