import assert from 'node:assert/strict'
import type { Bucket, Point } from '@sightline/core/ports'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { meanwhile } from './meanwhile.ts'
import { writtenAt } from './writes.ts'

const seriesOf = (service: string, region = 'eu') => ({ team: 'red', service, region })
const pointOf = (service: string, at: number, values: Point['values'] = { latencyMs: at }): Point => ({
  series: seriesOf(service),
  at,
  values,
})
const bucketOf = (service: string, start: number, stats: readonly number[], resolutionMs = 60_000): Bucket => ({
  series: seriesOf(service),
  resolutionMs,
  start,
  stats: Uint8Array.from(stats),
})
const bytesOf = (buckets: readonly Bucket[]) =>
  buckets.map(({ series, resolutionMs, start, stats }) => [series.service, resolutionMs, start, [...stats]])

/** Numbers over time. */
export const samples: Group<StorageContext> = {
  name: 'samples',
  tests: {
    'points come back by time, then by series, within a span from inclusive to exclusive': async ({ driver }) => {
      const points = ['c', 'a', 'b', 'é', '\uffff', '😀'].flatMap((service) => [30, 10, 20].map((at) => pointOf(service, at)))
      await driver.samples.append(points)
      const series = ['😀', 'b', 'c', 'a', 'none', '\uffff', 'é'].map((service) => seriesOf(service))
      const found = await readAll((page) => driver.samples.points({ series, from: 10, to: 30 }, page), { limit: 4 })
      const order = ['a', 'b', 'c', 'é', '\uffff', '😀']
      assert.deepEqual(
        found,
        [10, 20].flatMap((at) => order.map((service) => pointOf(service, at))),
      )
    },

    'series order by team, service and region': async ({ driver }) => {
      const series = [
        { team: 'a', service: 'a', region: 'b' },
        { team: 'a', service: 'b', region: 'a' },
        { team: 'a', service: 'b', region: 'b' },
        { team: 'ab', service: '', region: '' },
        { team: 'b', service: 'a', region: 'a' },
      ]
      await driver.samples.append(series.toReversed().map((one) => ({ series: one, at: 1, values: {} })))
      const found = await readAll((page) => driver.samples.points({ series, from: 0, to: 2 }, page), { limit: 2 })
      assert.deepEqual(
        found.map((point) => point.series),
        series,
      )
    },

    'only the series asked for, each once however often it is named': async ({ driver }) => {
      await driver.samples.append([pointOf('a', 1), pointOf('b', 1), { ...pointOf('a', 1), series: seriesOf('a', 'us') }])
      const found = await readAll((page) =>
        driver.samples.points({ series: [seriesOf('a'), seriesOf('a')], from: 0, to: 2 }, page),
      )
      assert.deepEqual(found, [pointOf('a', 1)])
      assert.deepEqual(await readAll((page) => driver.samples.points({ series: [], from: 0, to: 2 }, page)), [])
    },

    'the same series and time twice is once, and the first stays': async ({ driver }) => {
      const first = pointOf('a', 1, { latencyMs: 1 })
      await driver.samples.append([first])
      await driver.samples.append([
        pointOf('a', 1, { latencyMs: 2 }),
        pointOf('a', 2, { latencyMs: 3 }),
        pointOf('a', 2, { latencyMs: 4 }),
      ])
      const found = await readAll((page) => driver.samples.points({ series: [seriesOf('a')], from: 0, to: 9 }, page))
      assert.deepEqual(found, [first, pointOf('a', 2, { latencyMs: 3 })])
    },

    'writers of the same points at once leave each once': async ({ driver, connect }) => {
      const drivers = [driver, await connect()]
      const ats = Array.from({ length: 50 }, (_, index) => index)
      await Promise.all(
        Array.from({ length: 6 }, (_, writer) =>
          (drivers[writer % 2] ?? driver).samples.append(ats.map((at) => pointOf('a', at, { by: writer, at }))),
        ),
      )
      const found = await readAll((page) => driver.samples.points({ series: [seriesOf('a')], from: 0, to: 100 }, page))
      assert.deepEqual(
        found.map(({ at }) => at),
        ats,
      )
    },

    'all points of a call become visible at once': async ({ driver, connect }) => {
      const reader = await connect()
      const ats = Array.from({ length: 200 }, (_, index) => index)
      for (let round = 0; round < 5; round++) {
        const series = seriesOf(`s${round}`)
        const writing = driver.samples.append(ats.map((at) => ({ series, at, values: { round } })))
        await meanwhile(writing, async () => {
          const { items, next } = await reader.samples.points({ series: [series], from: 0, to: 1_000 }, { limit: 1_000 })
          if (next === null)
            assert.ok(items.length === 0 || items.length === ats.length, `${items.length} of ${ats.length} points are visible`)
        })
      }
    },

    'a refused call leaves none of its points': async ({ driver }) => {
      const bad = { ...pointOf('a', 2), series: seriesOf('\ud800') }
      await rejectsWith('INVALID_INPUT', () => driver.samples.append([pointOf('a', 1), bad, pointOf('a', 3)]))
      assert.deepEqual(await readAll((page) => driver.samples.points({ series: [seriesOf('a')], from: 0, to: 9 }, page)), [])
    },

    'points without values and with many survive': async ({ driver }) => {
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`value${index}`, index / 7]))
      await driver.samples.append([pointOf('a', 1, {}), pointOf('a', 2, many)])
      const found = await readAll((page) => driver.samples.points({ series: [seriesOf('a')], from: 0, to: 9 }, page))
      assert.deepEqual(found, [pointOf('a', 1, {}), pointOf('a', 2, many)])
      await driver.samples.append([])
    },

    'buckets that start within the span, by start, of their resolution alone': async ({ driver }) => {
      await driver.samples.putBuckets([
        bucketOf('a', 120_000, [3]),
        bucketOf('a', 0, [1]),
        bucketOf('b', 60_000, [4]),
        bucketOf('a', 60_000, [2]),
        bucketOf('a', 0, [9], 3_600_000),
      ])
      const series = [seriesOf('b'), seriesOf('a')]
      const found = await driver.samples.buckets({ series, from: 0, to: 120_000, resolutionMs: 60_000 })
      assert.deepEqual(
        found.map(({ start }) => start),
        [0, 60_000, 60_000],
      )
      assert.deepEqual(
        bytesOf(found).toSorted(),
        [
          ['a', 60_000, 0, [1]],
          ['a', 60_000, 60_000, [2]],
          ['b', 60_000, 60_000, [4]],
        ].toSorted(),
      )
      assert.deepEqual(bytesOf(await driver.samples.buckets({ series, from: 0, to: 1, resolutionMs: 3_600_000 })), [
        ['a', 3_600_000, 0, [9]],
      ])
      assert.deepEqual(await driver.samples.buckets({ series, from: 0, to: 120_000, resolutionMs: 1_000 }), [])
    },

    'a bucket that is put again is replaced whole, and a rerun is harmless': async ({ driver }) => {
      const span = { series: [seriesOf('a')], from: 0, to: 120_000, resolutionMs: 60_000 }
      await driver.samples.putBuckets([bucketOf('a', 0, [1, 2, 3]), bucketOf('a', 60_000, [4])])
      await driver.samples.putBuckets([bucketOf('a', 0, [9])])
      await driver.samples.putBuckets([bucketOf('a', 0, [9])])
      assert.deepEqual(bytesOf(await driver.samples.buckets(span)), [
        ['a', 60_000, 0, [9]],
        ['a', 60_000, 60_000, [4]],
      ])
    },

    'the bytes of a bucket survive, and are nobody else’s to change': async ({ driver }) => {
      const every = Array.from({ length: 256 }, (_, byte) => byte)
      const long = Array.from({ length: 20_000 }, (_, index) => (index * 31) % 256)
      // A view into a larger buffer: its neighbours are not part of it.
      const view = Uint8Array.from([7, ...every, 7]).subarray(1, 257)
      await driver.samples.putBuckets([
        { ...bucketOf('a', 0, []), stats: view },
        bucketOf('a', 60_000, []),
        bucketOf('a', 120_000, long),
      ])
      view.fill(0)
      const span = { series: [seriesOf('a')], from: 0, to: 180_000, resolutionMs: 60_000 }
      const found = await driver.samples.buckets(span)
      const expected = [every, [], long].map((bytes) => Buffer.from(bytes))
      assert.deepEqual(
        found.map(({ stats }, index) => expected[index]?.equals(stats)),
        [true, true, true],
      )
      assert.ok(found.every(({ stats }) => stats instanceof Uint8Array))
      found[0]?.stats.fill(1)
      assert.deepEqual([...((await driver.samples.buckets(span))[0]?.stats ?? [])], every)
    },

    'times are kept to the millisecond': async ({ driver }) => {
      const ats = [0, 1, writtenAt, writtenAt + 1, 4_102_444_800_000]
      await driver.samples.append(ats.map((at) => pointOf('a', at)))
      const found = await readAll((page) => driver.samples.points({ series: [seriesOf('a')], from: 0, to: 5e12 }, page))
      assert.deepEqual(
        found.map(({ at }) => at),
        ats,
      )
    },

    'every series that points or buckets were stored of is listed once': async ({ driver }) => {
      const stored = ['a', 'é', '\uffff', ''].map((service) => seriesOf(service))
      const region = { ...seriesOf('a', 'us'), team: 'blue' }
      await driver.samples.append([...stored, ...stored].map((series, at) => ({ series, at, values: {} })))
      await driver.samples.putBuckets([{ series: region, resolutionMs: 60_000, start: 0, stats: Uint8Array.of(1) }])
      await driver.samples.putBuckets([bucketOf('a', 0, [1])])
      const found = await readAll((page) => driver.samples.series(page), { limit: 2 })
      assert.equal(found.length, 5)
      assert.deepEqual(
        new Set(found.map((series) => JSON.stringify(series))),
        new Set([...stored, region].map((series) => JSON.stringify(series))),
      )
      await rejectsWith('INVALID_INPUT', () => driver.samples.series({ limit: 0 }))
      await rejectsWith('INVALID_INPUT', () => driver.samples.series({ limit: 1, cursor: 'made up' }))
    },
  },
}
