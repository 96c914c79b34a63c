import type { SnapshotKey, SnapshotWrite, StorageDriver } from '@sightline/core/ports'
import { alter, type Fault, fault } from './fault.ts'

const withFence = (driver: StorageDriver, change: (fence: number) => number) => ({
  snapshots: {
    replace: async (writes: readonly SnapshotWrite[]) =>
      (await driver.snapshots.replace(writes.map((write) => ({ ...write, fence: change(write.fence) })))).map((outcome, index) =>
        outcome.ok
          ? { ok: true as const, record: { ...outcome.record, fence: (writes[index] as SnapshotWrite).fence } }
          : outcome,
      ),
  },
})

/** Keeping out who was replaced. */
export const fenceFaults: readonly Fault[] = [
  fault(
    'fences are not judged',
    [
      'fences: a write below the fence of the last winner is refused and changes nothing',
      'fences: the same fence goes on writing, a higher one takes over',
      'fences: the fence is judged before the version',
      'fences: a raised fence refuses what is below it, without a revision or an event',
      'fences: a fence survives the removal of its target',
      'fences: a fence holds for every process, and after a restart',
      'fences: a raise that races a write never lets a later write below it through',
      'retention: pruning takes no latest document, no live head and no fence',
      'model: any sequence of commands answers as the model does',
    ],
    (driver) => withFence(driver, () => Number.MAX_SAFE_INTEGER),
  ),

  fault(
    'raising a fence does nothing',
    [
      'fences: a raised fence refuses what is below it, without a revision or an event',
      'fences: raising keeps the higher of the two',
      'fences: a fence holds for a target that was never stored, and does not show it',
    ],
    () => ({ snapshots: { raiseFence: async () => {} } }),
  ),

  fault(
    'a fence is refused by its own number',
    ['fences: the same fence goes on writing, a higher one takes over'],
    (driver) => ({
      snapshots: {
        replace: async (writes) => {
          const outcomes = await driver.snapshots.replace(writes)
          await driver.snapshots.raiseFence(
            writes.filter(({ fence }) => fence > 0).map(({ key }) => key),
            Math.max(...writes.map(({ fence }) => fence)) + 1,
          )
          return outcomes
        },
      },
    }),
  ),

  fault('the version is judged before the fence', ['fences: the fence is judged before the version'], (driver) => ({
    snapshots: {
      replace: async (writes) => {
        const outcomes = await driver.snapshots.replace(writes)
        return outcomes.map((outcome, index) => {
          const expected = writes[index]?.expected
          const isStale = !outcome.ok && outcome.current?.version.revision !== expected?.revision
          return !outcome.ok && outcome.reason === 'fenced' && isStale ? { ...outcome, reason: 'conflict' as const } : outcome
        })
      },
    },
  })),

  fault('a write that lost raises the fence', ['fences: a write that lost raises no fence'], (driver) => ({
    snapshots: {
      replace: async (writes) => {
        const outcomes = await driver.snapshots.replace(writes)
        for (const { key, fence } of writes) await driver.snapshots.raiseFence([key], fence)
        return outcomes
      },
    },
  })),

  {
    breaks: 'raising a fence to a lower one lowers it',
    noticedBy: ['fences: raising keeps the higher of the two'],
    wrap: () => {
      const fences = new Map<string, number>()
      return (driver) =>
        alter(driver, {
          snapshots: {
            raiseFence: async (keys, fence) => {
              for (const key of keys) fences.set(JSON.stringify(key), fence)
            },
            replace: async (writes) =>
              Promise.all(
                writes.map(async (write) => {
                  const fence = fences.get(JSON.stringify(write.key)) ?? 0
                  const [current] = await driver.snapshots.load([write.key])
                  if (write.fence < fence) return { ok: false as const, reason: 'fenced' as const, current: current ?? null }
                  const [outcome] = await driver.snapshots.replace([write])
                  return outcome as NonNullable<typeof outcome>
                }),
              ),
          },
        })
    },
  },

  fault(
    'raising a fence makes a revision',
    ['fences: a raised fence refuses what is below it, without a revision or an event'],
    (driver) => ({
      snapshots: {
        raiseFence: async (keys, fence) => {
          await driver.snapshots.raiseFence(keys, fence)
          for (const snapshot of await driver.snapshots.load(keys)) {
            if (snapshot !== null)
              await driver.snapshots.replace([{ ...snapshot, expected: snapshot.version, writeId: 'raise', fence }])
          }
        },
      },
    }),
  ),

  fault(
    'raising the fence of an unknown target shows it',
    ['fences: a fence holds for a target that was never stored, and does not show it'],
    (driver) => ({
      snapshots: {
        raiseFence: async (keys, fence) => {
          for (const key of keys) {
            await driver.snapshots.replace([
              { key, expected: null, writeId: 'raise', at: 0, body: 'null', hash: '', fence, detector: '' },
            ])
          }
          await driver.snapshots.raiseFence(keys, fence)
        },
      },
    }),
  ),

  {
    breaks: 'a fence goes with the removal of its target',
    noticedBy: ['fences: a fence survives the removal of its target'],
    wrap: () => {
      const removed = new Set<string>()
      return (driver) =>
        alter(driver, {
          snapshots: {
            remove: async (keys) => {
              await driver.snapshots.remove(keys)
              for (const key of keys) removed.add(JSON.stringify(key))
            },
            replace: async (writes) =>
              driver.snapshots.replace(
                writes.map((write) =>
                  removed.has(JSON.stringify(write.key)) ? { ...write, fence: Number.MAX_SAFE_INTEGER } : write,
                ),
              ),
          },
        })
    },
  },

  fault(
    'a fence holds for every target',
    ['fences: a fence holds for its own target alone', 'scope: snapshots of one team are not those of another'],
    (driver) => ({
      snapshots: {
        raiseFence: async (keys, fence) => {
          const near = keys.flatMap(({ team, api, region }): SnapshotKey[] => [
            { team, api, region },
            { team: 'blue', api, region },
            { team: 'red', api, region },
            { team, api, region: 'us-east' },
          ])
          await driver.snapshots.raiseFence(near, fence)
        },
      },
    }),
  ),

  {
    breaks: 'a fence is known to the process that raised it only',
    noticedBy: [
      'fences: a fence holds for every process, and after a restart',
      'fences: a raise that races a write never lets a later write below it through',
    ],
    wrap: () => (driver) => {
      const fences = new Map<string, number>()
      return alter(driver, {
        snapshots: {
          raiseFence: async (keys, fence) => {
            for (const key of keys) fences.set(JSON.stringify(key), fence)
          },
          replace: async (writes) => {
            for (const { key } of writes) await driver.snapshots.raiseFence([key], fences.get(JSON.stringify(key)) ?? 0)
            const [first] = writes
            return driver.snapshots.replace(first === undefined ? [] : writes)
          },
        },
      })
    },
  },

  fault('fences are stored in 32 bits', ['fences: a fence as large as a time in microseconds keeps every digit'], (driver) => {
    const cut = (fence: number): number => Number(BigInt.asUintN(31, BigInt(fence)))
    return {
      snapshots: {
        ...withFence(driver, cut).snapshots,
        raiseFence: (keys, fence) => driver.snapshots.raiseFence(keys, cut(fence)),
      },
    }
  }),

  fault('a negative fence is taken as one', ['lifecycle: a negative fence is refused'], (driver) => ({
    snapshots: { raiseFence: (keys, fence) => driver.snapshots.raiseFence(keys, Math.max(0, fence || 0)) },
  })),
]
