import type { PageRequest, Snapshot, SnapshotKey } from '@sightline/core/ports'
import { alter, type Fault, fault, pause } from './fault.ts'

type Query = PageRequest & { readonly asOf?: number }

const edited = (breaks: string, noticedBy: readonly string[], edit: (items: readonly Snapshot[]) => readonly Snapshot[]): Fault =>
  fault(breaks, noticedBy, (driver) => ({
    snapshots: {
      history: async (key: SnapshotKey, query: Query) => {
        const { items, next } = await driver.snapshots.history(key, query)
        return { items: edit(items), next }
      },
    },
  }))

/** What was, and what is gone. */
export const historyFaults: readonly Fault[] = [
  edited(
    'every third change has no history entry',
    [
      'snapshots: every change is one history entry, newest first, each exactly as it was',
      'snapshot races: a reader sees latest and its history entry appear in one step',
      'recovery: killed between any two steps: nothing acknowledged is lost, nothing stays half done',
      'recovery: recover may run at any time, from several processes, while others write',
      'model: any sequence of commands answers as the model does',
    ],
    (items) => items.filter(({ version }) => version.revision % 3 !== 0),
  ),

  edited(
    'a change has two history entries',
    [
      'snapshots: several writes of one key in a call are decided in their order',
      'snapshot races: of racers over one version exactly one wins and makes one history entry',
      'unknown outcomes: a repeated snapshot write answers as the first did and writes nothing',
    ],
    (items) => items.flatMap((entry) => (entry.version.revision === 1 ? [entry, entry] : [entry])).slice(0, 100),
  ),

  edited(
    'history is told oldest first',
    [
      'snapshots: every change is one history entry, newest first, each exactly as it was',
      'epochs: history shows the present epoch first, then the earlier ones, each newest first',
    ],
    (items) => items.toReversed(),
  ),

  edited(
    'history entries carry the detector of today',
    ['snapshots: every change is one history entry, newest first, each exactly as it was'],
    (items) => items.map((entry) => ({ ...entry, detector: 'today' })),
  ),

  {
    breaks: 'a history entry appears some time after latest',
    noticedBy: ['snapshot races: a reader sees latest and its history entry appear in one step'],
    wrap: () => {
      const hidden = new Set<string>()
      const nameOf = ({ version }: Snapshot): string => `${version.epoch}/${version.revision}`
      return (driver) =>
        alter(driver, {
          snapshots: {
            replace: async (writes) => {
              const outcomes = await driver.snapshots.replace(writes)
              for (const outcome of outcomes) if (outcome.ok) hidden.add(nameOf(outcome.record))
              for (let turn = 0; turn < 3; turn++) await pause()
              for (const outcome of outcomes) if (outcome.ok) hidden.delete(nameOf(outcome.record))
              return outcomes
            },
            history: async (key, query) => {
              const { items, next } = await driver.snapshots.history(key, query)
              return { items: items.filter((entry) => !hidden.has(nameOf(entry))), next }
            },
          },
        })
    },
  },

  fault(
    'asOf is not looked at',
    [
      'snapshots: history as of a time starts at the entry that was the latest then',
      'snapshots: history as of a time knows no entry twice where the clock stepped back',
    ],
    (driver) => ({ snapshots: { history: (key, { asOf: _, ...page }) => driver.snapshots.history(key, page) } }),
  ),

  fault(
    'asOf leaves out later times instead of beginning at one',
    [
      'snapshots: history as of a time knows no entry twice where the clock stepped back',
      'epochs: history shows the present epoch first, then the earlier ones, each newest first',
    ],
    (driver) => ({
      snapshots: {
        history: async (key, { asOf, ...page }) => {
          const { items, next } = await driver.snapshots.history(key, page)
          return { items: items.filter(({ at }) => asOf === undefined || at <= asOf), next }
        },
      },
    }),
  ),

  fault('asOf is exclusive', ['snapshots: history as of a time starts at the entry that was the latest then'], (driver) => ({
    snapshots: {
      history: (key, { asOf, ...page }) => driver.snapshots.history(key, asOf === undefined ? page : { ...page, asOf: asOf - 1 }),
    },
  })),

  edited(
    'epochs are sorted by their times',
    ['epochs: history shows the present epoch first, then the earlier ones, each newest first'],
    (items) => items.toSorted((a, b) => b.at - a.at),
  ),

  fault(
    'revisions leaves out what it does not find',
    ['snapshots: revisions finds single entries, in the order asked for, and null for what never was'],
    (driver) => ({
      snapshots: {
        revisions: async (key, versions) => (await driver.snapshots.revisions(key, versions)).filter((entry) => entry !== null),
      },
    }),
  ),

  fault(
    'revisions answers in an order of its own',
    [
      'snapshots: revisions finds single entries, in the order asked for, and null for what never was',
      'epochs: history shows the present epoch first, then the earlier ones, each newest first',
    ],
    (driver) => ({
      snapshots: {
        revisions: async (key, versions) =>
          (await driver.snapshots.revisions(key, versions)).toSorted(
            (a, b) => (a?.version.revision ?? 0) - (b?.version.revision ?? 0),
          ),
      },
    }),
  ),

  fault(
    'a removal takes the history with it',
    [
      'tombstones: removal leaves the history as it was',
      'epochs: history shows the present epoch first, then the earlier ones, each newest first',
    ],
    (driver) => ({
      snapshots: {
        remove: async (keys) => {
          await driver.snapshots.remove(keys)
          await driver.snapshots.prune({ before: Number.MAX_SAFE_INTEGER, limit: 10_000 })
        },
      },
    }),
  ),

  {
    breaks: 'a removal leaves no tombstone',
    noticedBy: [
      'tombstones: a removed target loads as null and stays in heads as a tombstone, one revision on',
      'retention: the history of a removed target may all go, its tombstone stays until it is old',
      'model: any sequence of commands answers as the model does',
    ],
    wrap: () => (driver) =>
      alter(driver, {
        snapshots: {
          heads: async (scope, page) => {
            const { items, next } = await driver.snapshots.heads(scope, page)
            return { items: items.filter(({ deleted }) => deleted !== true), next }
          },
        },
      }),
  },

  fault(
    'a tombstone has the version of the last revision',
    ['tombstones: a removed target loads as null and stays in heads as a tombstone, one revision on'],
    (driver) => ({
      snapshots: {
        heads: async (scope, page) => {
          const { items, next } = await driver.snapshots.heads(scope, page)
          const back = ({ epoch, revision }: { epoch: string; revision: number }) => ({ epoch, revision: revision - 1 })
          return { items: items.map((head) => (head.deleted === true ? { ...head, version: back(head.version) } : head)), next }
        },
      },
    }),
  ),

  fault(
    'what is removed still loads',
    [
      'tombstones: a removed target loads as null and stays in heads as a tombstone, one revision on',
      'snapshot races: racing removals and writes leave latest, head and history in agreement',
    ],
    (driver) => ({
      snapshots: {
        load: async (keys) => {
          const loaded = await driver.snapshots.load(keys)
          return Promise.all(
            loaded.map(
              async (snapshot, index) =>
                snapshot ?? (await driver.snapshots.history(keys[index] as SnapshotKey, { limit: 1 })).items[0] ?? null,
            ),
          )
        },
      },
    }),
  ),

  fault(
    'a written target is still listed as a tombstone',
    ['tombstones: a target that is written again is no tombstone any more'],
    (driver) => ({
      snapshots: {
        heads: async (scope, page) => {
          const { items, next } = await driver.snapshots.heads(scope, page)
          return { items: items.map((head) => (head.version.revision === 1 ? { ...head, deleted: true as const } : head)), next }
        },
      },
    }),
  ),

  fault(
    'removing what is not there is an error',
    ['tombstones: removing what is not there is no error and leaves nothing'],
    (driver) => ({
      snapshots: {
        remove: async (keys) => {
          const loaded = await driver.snapshots.load(keys)
          if (loaded.includes(null)) throw new Error('not found')
          return driver.snapshots.remove(keys)
        },
      },
    }),
  ),
]
