import type { FeedItem, StorageDriver } from '@sightline/core/ports'
import { alter, type Fault } from './fault.ts'

type Watch = NonNullable<StorageDriver['watch']>

const feedTests = [
  'a change by any process shows up, with its store and head',
  'stores that were not asked for stay silent',
  'changes of one record come in order',
  'a position comes also when nothing changes',
  'a feed goes on after a position of an earlier run',
  'a feed that starts without a position tells of nothing earlier',
  'a watch resolves when its signal aborts, and tells nothing afterwards',
  'a watch ends with its driver',
].map((title) => `change feed: ${title}`)
const [anyProcess, stores, order, quiet, resumed, fresh, aborted, closed] = feedTests as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]

const watching = (breaks: string, noticedBy: readonly string[], change: (watch: Watch) => Watch): Fault => ({
  breaks,
  noticedBy,
  wrap: () => (driver) => {
    const watch = driver.watch
    return watch === undefined ? driver : alter(driver, { watch: change(watch) })
  },
})

/** A change feed that loses, invents or keeps talking. */
export const feedFaults: readonly Fault[] = [
  {
    breaks: 'a feed is promised, and there is none',
    noticedBy: feedTests,
    wrap: () => (driver) => {
      const { watch: _, ...rest } = driver
      return rest
    },
  },
  {
    breaks: 'a driver that says it has no feed runs one all the same',
    noticedBy: [anyProcess],
    wrap: () => (driver) => alter(driver, { connect: async (plan) => ({ ...(await driver.connect(plan)), watch: false }) }),
  },
  {
    breaks: 'a driver without a feed fails as if it were ill',
    noticedBy: feedTests,
    wrap: () => (driver) =>
      alter(driver, {
        connect: async (plan) => ({ ...(await driver.connect(plan)), watch: false }),
        watch: async () => {
          throw new Error('no feed')
        },
      }),
  },
  {
    breaks: 'a feed tells only what its own process wrote',
    noticedBy: [anyProcess],
    wrap: () => (driver) => {
      const own = new Set<string>()
      const watch = driver.watch
      return alter(driver, {
        snapshots: {
          replace: async (writes) => {
            for (const { key } of writes) own.add(key.api)
            return driver.snapshots.replace(writes)
          },
        },
        ...(watch === undefined
          ? {}
          : {
              watch: (from, sink) =>
                watch(from, (item) => {
                  if (item.kind !== 'changed' || own.has(item.head.id.split('/')[0] ?? '')) sink(item)
                }),
            }),
      })
    },
  },
  watching(
    'deletions are not told',
    [anyProcess],
    (watch) => (from, sink) =>
      watch(from, (item) => {
        if (item.kind !== 'changed' || item.head.deleted !== true) sink(item)
      }),
  ),
  watching(
    'stores are not looked at',
    [stores],
    (watch) => (from, sink) => watch({ ...from, stores: ['snapshots', 'conformance.tickets', 'conformance.notes'] }, sink),
  ),
  watching('changes come in any order', [order], (watch) => async (from, sink) => {
    const held: FeedItem[] = []
    let positions = 0
    await watch(from, (item) => {
      if (item.kind === 'changed') held.push(item)
      else sink(item)
      if (item.kind === 'position' && ++positions % 3 === 0) for (const each of held.splice(0).toReversed()) sink(each)
    })
  }),
  watching('positions come with changes only', [quiet], (watch) => async (from, sink) => {
    let isFirst = true
    await watch(from, (item) => {
      if (item.kind === 'changed') isFirst = true
      if (item.kind !== 'position' || isFirst) sink(item)
      if (item.kind === 'position') isFirst = false
    })
  }),
  watching(
    'a feed always begins with now',
    [resumed],
    (watch) =>
      ({ since: _, ...from }, sink) =>
        watch(from, sink),
  ),
  watching(
    'a feed always begins at the beginning',
    [resumed, fresh],
    (watch) => (from, sink) => watch({ ...from, since: 'memory:0' }, sink),
  ),
  watching('every resumed feed begins with a gap', [resumed], (watch) => (from, sink) => {
    if (from.since !== undefined) sink({ kind: 'gap', reason: 'lost' })
    return watch(from, sink)
  }),
  watching('a feed goes on after its signal has aborted', [aborted], (watch) => async (from, sink) => {
    void watch({ ...from, signal: new AbortController().signal }, sink)
    await new Promise<void>((resolve) => {
      if (from.signal.aborted) resolve()
      from.signal.addEventListener('abort', () => resolve())
    })
  }),
  watching('a feed whose signal has aborted never ends', [aborted], (watch) => async (from, sink) => {
    await watch(from, sink)
    await new Promise(() => {})
  }),
  {
    breaks: 'a feed outlives its driver',
    noticedBy: [closed],
    wrap: () => (driver) => alter(driver, { close: async () => {} }),
  },
]
