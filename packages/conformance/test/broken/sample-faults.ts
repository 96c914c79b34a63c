import type { Bucket, Point, StorageDriver } from '@sightline/core/ports'
import { alter, type Fault, fault, pause } from './fault.ts'

const named = (...titles: readonly string[]): readonly string[] => titles.map((title) => `samples: ${title}`)

const order = 'points come back by time, then by series, within a span from inclusive to exclusive'
const once = 'the same series and time twice is once, and the first stays'
const writers = 'writers of the same points at once leave each once'
const atOnce = 'all points of a call become visible at once'
const buckets = 'buckets that start within the span, by start, of their resolution alone'
const replaced = 'a bucket that is put again is replaced whole, and a rerun is harmless'
const listed = 'every series that points or buckets were stored of is listed once'
const bytes = 'the bytes of a bucket survive, and are nobody else’s to change'

const pointName = ({ series, at }: Point): string => JSON.stringify([series.team, series.service, series.region, at])
const bucketName = ({ series, resolutionMs, start }: Bucket): string =>
  JSON.stringify([series.team, series.service, series.region, resolutionMs, start])

const pointsOf = (breaks: string, noticedBy: readonly string[], edit: (points: readonly Point[]) => readonly Point[]): Fault =>
  fault(breaks, noticedBy, (driver) => ({
    samples: {
      points: async (span, page) => {
        const { items, next } = await driver.samples.points(span, page)
        return { items: edit(items), next }
      },
    },
  }))

const bucketsOf = (breaks: string, noticedBy: readonly string[], edit: (found: readonly Bucket[]) => readonly Bucket[]): Fault =>
  fault(breaks, noticedBy, (driver) => ({ samples: { buckets: async (span) => edit(await driver.samples.buckets(span)) } }))

/** Lets a repeated point in, a millisecond later, and tells it under its own time. */
const doubled = (driver: StorageDriver, seen: Set<string>): StorageDriver =>
  alter(driver, {
    samples: {
      append: (points) =>
        driver.samples.append(
          points.map((point) => {
            const isRepeat = seen.has(pointName(point))
            seen.add(pointName(point))
            return isRepeat ? { ...point, at: point.at + 0.5 } : point
          }),
        ),
      points: async (span, page) => {
        const { items, next } = await driver.samples.points(span, page)
        return { items: items.map((point) => ({ ...point, at: Math.floor(point.at) })), next }
      },
    },
  })

/** Numbers over time that are lost, doubled or changed. */
export const sampleFaults: readonly Fault[] = [
  fault('a series of buckets alone is not listed', named(listed), (driver) => ({
    samples: {
      series: async (page) => {
        const { items, next } = await driver.samples.series(page)
        return { items: items.filter(({ team }) => team !== 'blue'), next }
      },
    },
  })),
  fault('a series is listed twice', named(listed), (driver) => ({
    samples: {
      series: async (page) => {
        const { items, next } = await driver.samples.series(page)
        return { items: next === null ? [...items, ...items].slice(0, page.limit) : items, next: next ?? null }
      },
    },
  })),
  {
    breaks: 'a point that is written twice is there twice',
    noticedBy: named(once, writers),
    wrap: () => {
      const seen = new Set<string>()
      return (driver) => doubled(driver, seen)
    },
  },

  {
    breaks: 'of the same point twice the last stays',
    noticedBy: named(once),
    wrap: () => {
      const last = new Map<string, Point>()
      return (driver) =>
        alter(driver, {
          samples: {
            append: async (points) => {
              for (const point of points) last.set(pointName(point), point)
              await driver.samples.append(points)
            },
            points: async (span, page) => {
              const { items, next } = await driver.samples.points(span, page)
              return { items: items.map((point) => last.get(pointName(point)) ?? point), next }
            },
          },
        })
    },
  },

  fault('points become visible one by one', named(atOnce), (driver) => ({
    samples: {
      append: async (points) => {
        for (let index = 0; index < points.length; index += 20) {
          await driver.samples.append(points.slice(index, index + 20))
          await pause()
        }
      },
    },
  })),

  fault('a call with one bad point writes the good ones', named('a refused call leaves none of its points'), (driver) => ({
    samples: {
      append: async (points) => {
        const results = await Promise.allSettled(points.map((point) => driver.samples.append([point])))
        for (const result of results) if (result.status === 'rejected') throw result.reason
      },
    },
  })),

  pointsOf('points come back by series, then by time', named(order), (points) =>
    points.toSorted((a, b) => (a.series.service < b.series.service ? -1 : a.series.service > b.series.service ? 1 : a.at - b.at)),
  ),
  pointsOf('series come back in any order', named(order, 'series order by team, service and region'), (points) =>
    points.toSorted((a, b) => a.at - b.at || (a.series.service + a.series.region < b.series.service + b.series.region ? 1 : -1)),
  ),
  pointsOf(
    'values of 0 are left out',
    ['fidelity: numbers of samples keep every digit', 'samples: points without values and with many survive'],
    (points) =>
      points.map((point) => ({
        ...point,
        values: Object.fromEntries(Object.entries(point.values).filter(([, value]) => value !== 0)),
      })),
  ),
  pointsOf('a point without values is none', named('points without values and with many survive'), (points) =>
    points.filter(({ values }) => Object.keys(values).length > 0),
  ),
  pointsOf('a point has at most a hundred values', named('points without values and with many survive'), (points) =>
    points.map((point) => ({ ...point, values: Object.fromEntries(Object.entries(point.values).slice(0, 100)) })),
  ),
  pointsOf('times are kept to the second', named('times are kept to the millisecond'), (points) =>
    points.map((point) => ({ ...point, at: Math.floor(point.at / 1_000) * 1_000 })),
  ),

  fault('the end of a span is inclusive', named(order, buckets), (driver) => ({
    samples: {
      points: (span, page) => driver.samples.points({ ...span, to: span.to + 1 }, page),
      buckets: (span) => driver.samples.buckets({ ...span, to: span.to + 1 }),
    },
  })),

  fault('the start of a span is exclusive', named(order, buckets), (driver) => ({
    samples: {
      points: (span, page) => driver.samples.points({ ...span, from: span.from + 1 }, page),
      buckets: (span) => driver.samples.buckets({ ...span, from: span.from + 1 }),
    },
  })),

  fault(
    'a series that is asked for twice is told twice',
    named('only the series asked for, each once however often it is named'),
    (driver) => ({
      samples: {
        points: async ({ series, ...span }, page) => {
          const { items, next } = await driver.samples.points({ ...span, series }, page)
          const times = (point: Point): number =>
            series.filter((one) => JSON.stringify(one) === JSON.stringify(point.series)).length
          return { items: items.flatMap((point) => Array.from({ length: times(point) }, () => point)), next }
        },
      },
    }),
  ),

  fault('regions are not looked at', named('only the series asked for, each once however often it is named'), (driver) => ({
    samples: {
      points: ({ series, ...span }, page) =>
        driver.samples.points({ ...span, series: series.flatMap((one) => [one, { ...one, region: 'us' }]) }, page),
    },
  })),

  bucketsOf('buckets come in no order', named(buckets), (found) => found.toReversed()),
  bucketsOf('bytes above 127 are text', named(bytes), (found) =>
    found.map((bucket) => ({ ...bucket, stats: Uint8Array.from(bucket.stats, (byte) => Math.min(byte, 127)) })),
  ),
  bucketsOf('an empty bucket is none', named(bytes), (found) => found.filter(({ stats }) => stats.length > 0)),

  {
    breaks: 'the bytes of a bucket are shared with whoever wrote them',
    noticedBy: named(bytes),
    wrap: () => {
      const stats = new Map<string, Uint8Array>()
      return (driver) =>
        alter(driver, {
          samples: {
            putBuckets: async (put) => {
              for (const bucket of put) stats.set(bucketName(bucket), bucket.stats)
              await driver.samples.putBuckets(put)
            },
            buckets: async (span) =>
              (await driver.samples.buckets(span)).map((bucket) => ({
                ...bucket,
                stats: stats.get(bucketName(bucket)) ?? bucket.stats,
              })),
          },
        })
    },
  },

  fault('a bucket that is put again is added to', named(replaced), (driver) => ({
    samples: {
      putBuckets: async (put) => {
        for (const bucket of put) {
          const span = { series: [bucket.series], from: bucket.start, to: bucket.start + 1, resolutionMs: bucket.resolutionMs }
          const [stored] = await driver.samples.buckets(span)
          await driver.samples.putBuckets([{ ...bucket, stats: Uint8Array.from([...(stored?.stats ?? []), ...bucket.stats]) }])
        }
      },
    },
  })),

  fault('a bucket that is there already is left alone', named(replaced), (driver) => ({
    samples: {
      putBuckets: async (put) => {
        for (const bucket of put) {
          const span = { series: [bucket.series], from: bucket.start, to: bucket.start + 1, resolutionMs: bucket.resolutionMs }
          if ((await driver.samples.buckets(span)).length === 0) await driver.samples.putBuckets([bucket])
        }
      },
    },
  })),

  fault(
    'resolutions are not looked at',
    [...named(buckets), 'retention: points and buckets older than the limit go, each resolution by itself'],
    (driver) => ({
      samples: {
        buckets: async (span) =>
          (
            await Promise.all(
              [10, 20, 1_000, 60_000, 3_600_000].map((resolutionMs) => driver.samples.buckets({ ...span, resolutionMs })),
            )
          ).flat(),
      },
    }),
  ),

  fault(
    'acknowledged samples are lost',
    [
      ...named(order),
      'lifecycle: what was written is there after a restart',
      'recovery: killed with SIGKILL while it writes: nothing acknowledged is lost, nothing stays half done',
    ],
    () => ({
      samples: { append: async () => {} },
    }),
  ),
]
