import type { LogEntry, Scope, Series, StorageDriver } from '@sightline/core/ports'
import { alter, type Fault, fault } from './fault.ts'

/** Every read that takes a scope, with another one in its place. */
const scoped = (driver: StorageDriver, change: (scope: Scope, isFirstPage: boolean) => Scope): StorageDriver => {
  const first = (page: { readonly cursor?: string }): boolean => page.cursor === undefined
  return alter(driver, {
    snapshots: { heads: (scope, page) => driver.snapshots.heads(change(scope, first(page)), page) },
    logs: { search: (scope, query) => driver.logs.search(change(scope, first(query)), query) },
    collection: (collection) => ({
      load: (scope, ids) => collection.load(change(scope, true), ids),
      list: (scope, query) => collection.list(change(scope, first(query)), query),
      heads: (scope, page) => collection.heads(change(scope, first(page)), page),
    }),
  })
}

const reads = ['snapshots.heads', 'collection.heads', 'collection.list', 'collection.list of equals', 'logs.search']
const own = reads.map((name) => `scope: ${name}: a team sees its own, the system all`)
const cursors = reads.map((name) => `scope: ${name}: a cursor opens no other team's records`)
const stolen = "scope: a record of another team loads as null, and is no team's to overwrite"

const withTeam = (driver: StorageDriver, change: (series: Series) => Series): StorageDriver =>
  alter(driver, {
    samples: {
      append: (points) => driver.samples.append(points.map((point) => ({ ...point, series: change(point.series) }))),
      points: (span, page) => driver.samples.points({ ...span, series: span.series.map(change) }, page),
    },
  })

/** What one team can see or do of another's. */
export const scopeFaults: readonly Fault[] = [
  {
    breaks: 'the scope is not looked at',
    noticedBy: [...own, stolen, 'scope: what follows a write goes to the team it names'],
    wrap: () => (driver) => scoped(driver, () => 'system'),
  },
  {
    breaks: 'only the first page looks at the scope',
    noticedBy: cursors,
    wrap: () => (driver) => scoped(driver, (scope, isFirstPage) => (isFirstPage ? scope : 'system')),
  },
  {
    breaks: "'system' is a team like any other",
    noticedBy: [...own, 'scope: where several teams have an id, the system gets that of the first team by bytes'],
    wrap: () => (driver) => scoped(driver, (scope) => (scope === 'system' ? { team: 'system' } : scope)),
  },
  {
    breaks: "a team called 'system' sees everything",
    noticedBy: own,
    wrap: () => (driver) => scoped(driver, (scope) => (scope !== 'system' && scope.team === 'system' ? 'system' : scope)),
  },
  {
    breaks: 'a team without a name sees everything',
    noticedBy: own,
    wrap: () => (driver) => scoped(driver, (scope) => (scope !== 'system' && scope.team === '' ? 'system' : scope)),
  },

  fault(
    'the system gets the record of any team',
    ['scope: where several teams have an id, the system gets that of the first team by bytes'],
    (driver) => ({
      collection: (collection) => ({
        load: async (scope, ids) => {
          if (scope !== 'system') return collection.load(scope, ids)
          const { items } = await driver.snapshots.heads('system', { limit: 1 })
          const loaded = await Promise.all(['é', 'b', 'z'].map((team) => collection.load({ team }, ids)))
          return ids.map(
            (_, index) =>
              loaded.map((stored) => stored[index] ?? null).find((stored) => stored !== null) ?? (items.length < 0 ? null : null),
          )
        },
      }),
    }),
  ),

  {
    breaks: 'a write reaches records of other teams',
    noticedBy: [stolen],
    wrap: () => (driver) =>
      alter(driver, {
        commit: async (commits) =>
          driver.commit(
            await Promise.all(
              commits.map(async (commit) => {
                if (commit.write.expected === null) return commit
                const collection = driver.collection({ name: commit.write.store, parse: (raw) => raw, indexes: {} })
                const [stored] = await collection.load('system', [commit.write.id])
                return { ...commit, write: { ...commit.write, team: stored?.team ?? commit.write.team } }
              }),
            ),
          ),
      }),
  },

  {
    breaks: 'removing a target removes it for every team',
    noticedBy: ['scope: snapshots of one team are not those of another'],
    wrap: () => (driver) =>
      alter(driver, {
        snapshots: { remove: (keys) => driver.snapshots.remove(keys.flatMap((key) => [key, { ...key, team: 'red' }])) },
      }),
  },

  {
    breaks: 'samples of all teams are one series',
    noticedBy: [
      'scope: samples of one team are not those of another',
      'fidelity: names stay apart as service, region and team of samples',
      'samples: series order by team, service and region',
    ],
    wrap: () => (driver) => withTeam(driver, (series) => ({ ...series, team: 'red' })),
  },

  {
    breaks: 'ids of log lines are shared by all teams',
    noticedBy: ['scope: log lines of two teams may have one id', 'scope: logs.search: a team sees its own, the system all'],
    wrap: () => {
      const ids = new Set<string>()
      return (driver) =>
        alter(driver, {
          logs: {
            append: (scope, entries) => {
              const fresh = entries.filter(({ id }) => !ids.has(id))
              for (const { id } of fresh) ids.add(id)
              return driver.logs.append(scope, fresh)
            },
          },
        })
    },
  },

  fault("a log line for 'system' is taken", ["scope: a log line for 'system' is refused"], (driver) => ({
    logs: {
      append: (scope: Scope, entries: readonly LogEntry[]) =>
        driver.logs.append(scope === 'system' ? { team: 'system' } : scope, entries),
    },
  })),
]
