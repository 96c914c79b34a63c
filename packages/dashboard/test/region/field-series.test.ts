import { describe, expect, it } from 'vitest'
import { summarize, thinOut, toSeries } from '../../page/region/field-series.ts'

const entry = (updatedAt: number, value: unknown) => ({ updatedAt, data: { load: value } })
const history = [entry(40, 4), entry(30, 'x'), entry(20, 2), entry(10, 1)]

describe('toSeries', () => {
  it('steps from the value that held at the beginning to the present', () => {
    expect(toSeries(history, { field: '/load', from: 15, until: 50 })).toEqual({
      times: [15, 20, 30, 40, 50],
      values: [1, 2, null, 4, 4],
    })
  })

  it('begins where the history begins', () => {
    expect(toSeries(history, { field: '/load', from: 0, until: 40 })).toEqual({
      times: [10, 20, 30, 40],
      values: [1, 2, null, 4],
    })
  })

  it('leaves out what comes after', () => {
    expect(toSeries(history, { field: '/load', from: 12, until: 25 })).toEqual({ times: [12, 20, 25], values: [1, 2, 2] })
  })

  it('is empty without entries', () => {
    expect(toSeries([], { field: '/load', from: 0, until: 1 })).toEqual({ times: [], values: [] })
  })
})

describe('thinOut', () => {
  const long = {
    times: Array.from({ length: 5_000 }, (_, i) => i),
    values: Array.from({ length: 5_000 }, (_, i) => (i === 1_234 ? 1_000 : Math.sin(i / 100))),
  }

  it('keeps at most 500 points, the ends and the outlier among them, in order', () => {
    const thin = thinOut(long)
    expect(thin.times).toHaveLength(500)
    expect(thin.values).toHaveLength(500)
    expect(thin.times[0]).toBe(0)
    expect(thin.times.at(-1)).toBe(4_999)
    expect(thin.values).toContain(1_000)
    expect(thin.times).toEqual(thin.times.toSorted((a, b) => a - b))
    for (const [i, time] of thin.times.entries()) expect(thin.values[i]).toBe(long.values[time])
  })

  it('leaves a short series as it is', () => {
    const short = { times: [1, 2], values: [1, null] }
    expect(thinOut(short)).toBe(short)
  })
})

it('summarizes the numbers, and none as null', () => {
  expect(summarize({ times: [1, 2, 3, 4], values: [3, null, 1, 2] })).toEqual({ least: 1, most: 3, last: 2 })
  expect(summarize({ times: [1], values: [null] })).toBeNull()
})
