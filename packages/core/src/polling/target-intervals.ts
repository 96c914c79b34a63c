import { z } from 'zod'
import { SightlineError } from '../errors.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import type { CollectionDefinition, Stored } from '../ports/collections.ts'
import { type SnapshotKey, snapshotId } from '../ports/snapshots.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import type { Target } from './target.ts'
import type { TargetDirectory } from './target-directory.ts'

const TargetOverride = z.looseObject({ api: z.string(), region: z.string(), intervalMs: z.number() })

/** What was changed of a target while running; laid over the configuration. */
export interface TargetOverride {
  readonly api: string
  readonly region: string
  readonly intervalMs: number
}

export const TARGETS: CollectionDefinition<TargetOverride> = {
  name: 'core.target',
  parse: (raw) => TargetOverride.parse(raw),
  indexes: { byApi: ['api', 'region'] },
}

/** Intervals that were set while running, which outlive a restart. */
export interface IntervalStore {
  save(key: SnapshotKey, intervalMs: number, context: Pick<OperationContext, 'commit'>): Promise<void>
  /** Of these targets, in their order; null where none was set. */
  load(keys: readonly SnapshotKey[]): Promise<readonly (number | null)[]>
}

const ATTEMPTS = 5

export const createIntervalStore = ({ link }: { readonly link: Pick<StorageLink, 'run'> }): IntervalStore => {
  const find = async (team: string, ids: readonly string[]): Promise<readonly (Stored<TargetOverride> | null)[]> =>
    link.run((driver) => driver.collection(TARGETS).load({ team }, ids))

  return {
    save: async (key, intervalMs, { commit }) => {
      const id = snapshotId(key)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const [stored] = await find(key.team, [id])
        const value: TargetOverride = { ...stored?.value, api: key.api, region: key.region, intervalMs }
        const outcome = await commit({ store: TARGETS.name, id, expected: stored?.version ?? null, value })
        if (outcome.ok) return
      }
      throw new SightlineError('CONFLICT', 'The interval is being changed by somebody else.')
    },
    load: async (keys) => {
      const byTeam = Map.groupBy(keys, ({ team }) => team)
      const found = new Map<SnapshotKey, number | null>()
      for (const [team, group] of byTeam) {
        const stored = await find(team, group.map(snapshotId))
        for (const [index, key] of group.entries()) found.set(key, stored[index]?.value.intervalMs ?? null)
      }
      return keys.map((key) => found.get(key) ?? null)
    },
  }
}

export interface RestoreIntervalsOptions {
  readonly intervals: Pick<IntervalStore, 'load'>
  readonly directory: Pick<TargetDirectory, 'targets' | 'demand' | 'setInterval'>
  onRestored(target: Target): void
}

/** Lays the intervals that were set while running over the configuration. */
export const restoreIntervals = async ({ intervals, directory, onRestored }: RestoreIntervalsOptions): Promise<void> => {
  const keys = directory.targets.map(({ key }) => key)
  const saved = await intervals.load(keys)
  for (const [index, key] of keys.entries()) {
    const intervalMs = saved[index] ?? null
    if (intervalMs === null) continue
    await directory.setInterval(key, intervalMs)
    onRestored(directory.demand(key).target)
  }
}
