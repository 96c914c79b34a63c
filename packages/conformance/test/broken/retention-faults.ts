import { type Fault, fault } from './fault.ts'

const named = (...titles: readonly string[]): readonly string[] => titles.map((title) => `retention: ${title}`)

const history = 'history older than the limit goes, oldest first, at most so many at a time'
const latest = 'the entry of the latest document is never pruned'
const tombstone = 'the history of a removed target may all go, its tombstone stays until it is old'
const records = 'tombstones and expired records go once they are old, at most so many at a time; live ones never'
const samples = 'points and buckets older than the limit go, each resolution by itself'
const lines = 'log lines older than the limit go, oldest first, of every team'

type Prune = (request: { readonly before: number; readonly limit: number }) => Promise<number>

/** Every prune of the driver, changed in one way. */
const prunes = (breaks: string, noticedBy: readonly string[], change: (prune: Prune) => Prune): Fault =>
  fault(breaks, noticedBy, (driver) => ({
    snapshots: { prune: change(driver.snapshots.prune) },
    logs: { prune: change(driver.logs.prune) },
    samples: {
      prune: ({ resolutionMs, ...request }) => change((asked) => driver.samples.prune({ ...asked, resolutionMs }))(request),
    },
    collection: (collection) => ({ prune: change(collection.prune) }),
  }))

/** What is deleted too early, too late, or in the wrong order. */
export const retentionFaults: readonly Fault[] = [
  prunes('nothing is ever pruned', named(history, tombstone, records, samples, lines), () => async () => 0),
  prunes(
    'the limit of a prune is not looked at',
    named(history, records, samples, lines),
    (prune) =>
      ({ before }) =>
        prune({ before, limit: 10_000 }),
  ),
  prunes(
    'what is as old as the limit goes, too',
    named(history, samples, lines),
    (prune) =>
      ({ before, limit }) =>
        prune({ before: before + 1, limit }),
  ),
  prunes(
    'a prune does not count what it deleted',
    named(history, records, samples, lines),
    (prune) => async (request) => Math.min(0, await prune(request)),
  ),
  prunes(
    'a prune of less than one is nothing',
    named('a prune of less than one is refused'),
    (prune) => async (request) => (request.limit >= 1 && Number.isInteger(request.limit) ? prune(request) : 0),
  ),

  fault('the entry of the latest document is pruned', named(latest), (driver) => {
    const gone = new Set<string>()
    return {
      snapshots: {
        prune: async (request) => {
          const { items } = await driver.snapshots.heads('system', { limit: 100 })
          for (const { version } of items) gone.add(JSON.stringify(version))
          return driver.snapshots.prune(request)
        },
        history: async (key, query) => {
          const { items, next } = await driver.snapshots.history(key, query)
          return { items: items.filter(({ version }) => !gone.has(JSON.stringify(version))), next }
        },
      },
    }
  }),

  fault('pruned entries are still found by revision', named(latest), (driver) => {
    const known = new Map<string, unknown>()
    return {
      snapshots: {
        replace: async (writes) => {
          const outcomes = await driver.snapshots.replace(writes)
          for (const outcome of outcomes) if (outcome.ok) known.set(JSON.stringify(outcome.record.version), outcome.record)
          return outcomes
        },
        revisions: async (key, versions) =>
          (await driver.snapshots.revisions(key, versions)).map(
            (entry, index) => entry ?? (known.get(JSON.stringify(versions[index])) as typeof entry | undefined) ?? null,
          ),
      },
    }
  }),

  fault('the newest history goes first', named(history), (driver) => {
    const gone = new Set<string>()
    return {
      snapshots: {
        prune: async ({ before, limit }) => {
          const { items } = await driver.snapshots.heads('system', { limit: 100 })
          const latestOnes = new Set(items.map(({ version }) => JSON.stringify(version)))
          const targets = [
            { team: 'red', api: 'a', region: 'eu-west' },
            { team: 'blue', api: 'b', region: 'us' },
          ]
          const entries = (await Promise.all(targets.map((key) => driver.snapshots.history(key, { limit: 100 })))).flatMap(
            (page) => page.items,
          )
          const doomed = entries
            .filter(
              ({ at, version }) => at < before && !latestOnes.has(JSON.stringify(version)) && !gone.has(JSON.stringify(version)),
            )
            .toSorted((a, b) => b.at - a.at)
            .slice(0, limit)
          for (const { version } of doomed) gone.add(JSON.stringify(version))
          return doomed.length
        },
        history: async (key, query) => {
          const { items, next } = await driver.snapshots.history(key, query)
          return { items: items.filter(({ version }) => !gone.has(JSON.stringify(version))), next }
        },
      },
    }
  }),

  fault('a tombstone goes with its history', named(tombstone), (driver) => ({
    snapshots: {
      prune: async (request) => {
        const count = await driver.snapshots.prune(request)
        await driver.snapshots.prune({ before: Number.MAX_SAFE_INTEGER, limit: 1 })
        return count
      },
    },
  })),

  fault(
    'pruning forgets what was written',
    named('a target remembers its writes also where their history is pruned'),
    (driver) => {
      let prunedTimes = 0
      return {
        snapshots: {
          prune: async (request) => {
            prunedTimes++
            return driver.snapshots.prune(request)
          },
          replace: (writes) =>
            driver.snapshots.replace(
              prunedTimes === 0 ? writes : writes.map((write) => ({ ...write, writeId: `${write.writeId}#${prunedTimes}` })),
            ),
        },
      }
    },
  ),

  fault(
    'pruning takes heads of live targets along',
    named('pruning takes no latest document, no live head and no fence'),
    (driver) => {
      let isPruned = false
      return {
        snapshots: {
          prune: async (request) => {
            isPruned = true
            return driver.snapshots.prune(request)
          },
          heads: async (scope, page) => (isPruned ? { items: [], next: null } : driver.snapshots.heads(scope, page)),
        },
      }
    },
  ),

  fault(
    'entries move while others are pruned',
    named('entries that stay are not disturbed by what goes while they are paged'),
    (driver) => ({
      snapshots: {
        history: async (key, { limit, cursor, asOf: _ }) => {
          const { items } = await driver.snapshots.history(key, { limit: 1_000 })
          // Counted from the oldest, so that every pruned entry shifts the rest.
          const end = cursor === undefined ? items.length : Number(cursor)
          const oldestFirst = items.toReversed()
          return {
            items: oldestFirst.slice(Math.max(0, end - limit), end).toReversed(),
            next: end - limit > 0 ? String(end - limit) : null,
          }
        },
      },
    }),
  ),

  fault('pruning one collection prunes them all', named('pruning one collection leaves the others alone'), (driver) => ({
    collection: () => ({
      prune: async (request) => {
        let count = 0
        for (const name of ['conformance.tickets', 'conformance.notes']) {
          count += await driver.collection({ name, parse: (raw) => raw, indexes: {} }).prune(request)
        }
        return count
      },
    }),
  })),

  fault('live records are pruned for their age', named(records), (driver) => {
    const gone = new Set<string>()
    return {
      collection: (collection) => ({
        prune: async (request) => {
          const { items } = await collection.heads('system', { limit: 100 })
          for (const { id, deleted } of items) if (deleted !== true) gone.add(id)
          return collection.prune(request)
        },
        heads: async (scope, page) => {
          const { items, next } = await collection.heads(scope, page)
          return { items: items.filter(({ id }) => !gone.has(id)), next }
        },
        load: async (scope, ids) =>
          (await collection.load(scope, ids)).map((stored) => (stored !== null && gone.has(stored.id) ? null : stored)),
      }),
      name: driver.name,
    }
  }),
]
