import assert from 'node:assert/strict'
import { type FeedItem, type StorageDriver, snapshotId, type Version } from '@sightline/core/ports'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { ticketDefinition } from './plan.ts'
import { commitOne, keyOf, noteWrite, replaceOne, snapshotWrite, ticketWrite, won, writeRevisions } from './writes.ts'

const stores = ['snapshots', ticketDefinition.name]

interface Watching {
  readonly items: readonly FeedItem[]
  /** Resolves once an item fits, past or to come; time passes on the store's clock meanwhile. */
  until(what: string, fits: (item: FeedItem) => boolean): Promise<void>
  stop(): Promise<void>
}

/** Runs the test where the driver has a feed; elsewhere asserts that it says so. */
const withFeed =
  (body: (context: StorageContext, watch: NonNullable<StorageDriver['watch']>) => Promise<void>) =>
  async (context: StorageContext): Promise<void> => {
    const { driver, capabilities } = context
    const watch = driver.watch?.bind(driver)
    if (capabilities.watch) {
      assert.ok(watch !== undefined, 'the capability is there, the method is not')
      await body(context, watch)
    } else if (watch !== undefined) {
      await rejectsWith('UNSUPPORTED', () => watch({ stores, signal: AbortSignal.timeout(5_000) }, () => {}))
    }
  }

const startWatching = (
  { elapse }: StorageContext,
  watch: NonNullable<StorageDriver['watch']>,
  from: { readonly stores?: readonly string[]; readonly since?: string } = {},
): Watching => {
  const items: FeedItem[] = []
  const abort = new AbortController()
  const ended = watch({ stores, ...from, signal: abort.signal }, (item) => {
    items.push(item)
  })
  let failure: unknown = null
  const settled = ended.catch((error: unknown) => {
    failure = error
  })
  return {
    items,
    until: async (what, fits) => {
      for (let round = 0; round < 400; round++) {
        if (items.some(fits)) return
        if (failure !== null) throw failure
        await elapse(25)
      }
      assert.fail(`the feed did not show ${what}: ${JSON.stringify(items)}`)
    },
    stop: async () => {
      abort.abort()
      await settled
      if (failure !== null) throw failure
    },
  }
}

const isPosition = (item: FeedItem): boolean => item.kind === 'position'
const shows =
  (store: string, id: string, version: Version, isDeleted = false) =>
  (item: FeedItem): boolean =>
    item.kind === 'changed' &&
    item.store === store &&
    item.head.id === id &&
    item.head.version.epoch === version.epoch &&
    item.head.version.revision === version.revision &&
    (item.head.deleted === true) === isDeleted

const tokenOf = (items: readonly FeedItem[]): string => {
  const last = items.findLast((item) => item.kind === 'position')
  assert.ok(last !== undefined)
  return last.token
}

/** The database's own change feed. */
export const feed: Group<StorageContext> = {
  name: 'change feed',
  tests: {
    'a change by any process shows up, with its store and head': withFeed(async (context, watch) => {
      const other = await context.connect()
      const watching = startWatching(context, watch)
      await watching.until('a position', isPosition)
      const snapshot = won(await replaceOne(context.driver, snapshotWrite({ key: keyOf('orders') })))
      const ticket = won(await commitOne(other, ticketWrite({ id: 'one' })))
      await watching.until('the snapshot', shows('snapshots', snapshotId(keyOf('orders')), snapshot.version))
      await watching.until('the record', shows(ticketDefinition.name, 'one', ticket.version))
      await other.snapshots.remove([keyOf('orders')])
      const deletion = won(await commitOne(other, ticketWrite({ id: 'one', expected: ticket.version, deleted: true })))
      await watching.until(
        'the removal',
        shows('snapshots', snapshotId(keyOf('orders')), { ...snapshot.version, revision: 2 }, true),
      )
      await watching.until('the deletion', shows(ticketDefinition.name, 'one', deletion.version, true))
      await watching.stop()
    }),

    'stores that were not asked for stay silent': withFeed(async (context, watch) => {
      const watching = startWatching(context, watch, { stores: [ticketDefinition.name] })
      await watching.until('a position', isPosition)
      const ticketBefore = won(await commitOne(context.driver, ticketWrite({ id: 'one' }), noteWrite({ id: 'n' })))
      await replaceOne(context.driver, snapshotWrite({ key: keyOf('orders') }))
      const last = won(await commitOne(context.driver, ticketWrite({ id: 'two' })))
      await watching.until('the last change', shows(ticketDefinition.name, 'two', last.version))
      await watching.until('the first change', shows(ticketDefinition.name, 'one', ticketBefore.version))
      const seen = new Set(watching.items.flatMap((item) => (item.kind === 'changed' ? [item.store] : [])))
      assert.deepEqual([...seen], [ticketDefinition.name])
      await watching.stop()
    }),

    'changes of one record come in order': withFeed(async (context, watch) => {
      const watching = startWatching(context, watch)
      await watching.until('a position', isPosition)
      const written = await writeRevisions(context.driver, { key: keyOf('orders'), count: 10 })
      const last = written.at(-1)?.version
      assert.ok(last !== undefined)
      await watching.until('the last revision', shows('snapshots', snapshotId(keyOf('orders')), last))
      const firsts = new Map<number, number>()
      for (const [index, item] of watching.items.entries()) {
        if (item.kind === 'changed' && !firsts.has(item.head.version.revision)) firsts.set(item.head.version.revision, index)
      }
      const order = [...firsts.keys()]
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        'a revision is first seen after those before it',
      )
      await watching.stop()
    }),

    'a position comes also when nothing changes': withFeed(async (context, watch) => {
      const watching = startWatching(context, watch)
      await watching.until('a position', isPosition)
      const before = watching.items.filter(isPosition).length
      await watching.until('another position', () => watching.items.filter(isPosition).length > before)
      await watching.stop()
    }),

    'a feed goes on after a position of an earlier run': withFeed(async (context, watch) => {
      const first = startWatching(context, watch)
      await first.until('a position', isPosition)
      const seen = won(await commitOne(context.driver, ticketWrite({ id: 'seen' })))
      await first.until('the first change', shows(ticketDefinition.name, 'seen', seen.version))
      await first.until('a position after it', () => {
        const changed = first.items.findLastIndex((item) => item.kind === 'changed')
        return first.items.slice(changed).some(isPosition)
      })
      await first.stop()
      const missed = won(await commitOne(context.driver, ticketWrite({ id: 'missed' })))
      const other = await context.connect()
      assert.ok(other.watch !== undefined)
      const second = startWatching(context, other.watch.bind(other), { since: tokenOf(first.items) })
      await second.until(
        'what was missed, or a gap',
        (item) => item.kind === 'gap' || shows(ticketDefinition.name, 'missed', missed.version)(item),
      )
      assert.equal(
        second.items.some((item) => item.kind === 'gap'),
        false,
        'a position this young is not lost',
      )
      assert.equal(
        second.items.some(shows(ticketDefinition.name, 'seen', seen.version)),
        false,
        'what came before the position is not told again',
      )
      await second.stop()
    }),

    'a feed that starts without a position tells of nothing earlier': withFeed(async (context, watch) => {
      won(await commitOne(context.driver, ticketWrite({ id: 'before' })))
      const watching = startWatching(context, watch)
      await watching.until('a position', isPosition)
      const after = won(await commitOne(context.driver, ticketWrite({ id: 'after' })))
      await watching.until('the later change', shows(ticketDefinition.name, 'after', after.version))
      assert.equal(
        watching.items.some((item) => item.kind === 'changed' && item.head.id === 'before'),
        false,
      )
      await watching.stop()
    }),

    'a watch resolves when its signal aborts, and tells nothing afterwards': withFeed(async (context, watch) => {
      const watching = startWatching(context, watch)
      await watching.until('a position', isPosition)
      await watching.stop()
      const count = watching.items.length
      won(await commitOne(context.driver, ticketWrite({ id: 'late' })))
      await context.elapse(1_500)
      assert.equal(watching.items.length, count)
      await watch({ stores, signal: AbortSignal.abort() }, () => {})
    }),

    'a watch ends with its driver': withFeed(async (context) => {
      const other = await context.connect()
      assert.ok(other.watch !== undefined)
      const watching = startWatching(context, other.watch.bind(other))
      await watching.until('a position', isPosition)
      await other.close()
      const count = watching.items.length
      won(await commitOne(context.driver, ticketWrite({ id: 'late' })))
      await context.elapse(1_500)
      assert.equal(
        watching.items.slice(count).some((item) => item.kind === 'changed'),
        false,
      )
      await watching.stop().catch(() => {})
    }),
  },
}
