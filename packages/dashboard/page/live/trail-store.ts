import type { RegionStatus } from '@sightline/core/protocol'
import { extendTrail, type PollTrail } from './poll-trail.ts'
import { toTargetKey } from './target.ts'

/** The trails of all targets, each with its own readers. */
export interface TrailStore {
  /** How many targets there are. */
  readonly size: number
  get(key: string): PollTrail | undefined
  /** `listener` is told of one target's trail alone. Returns its undo. */
  subscribe(key: string, listener: () => void): () => void
  /** Takes in the topic `regions` as it stands. */
  add(statuses: readonly RegionStatus[], now: number): void
}

export const createTrailStore = (): TrailStore => {
  const trails = new Map<string, PollTrail>()
  const listeners = new Map<string, Set<() => void>>()
  return {
    get size() {
      return trails.size
    },
    get: (key) => trails.get(key),
    subscribe: (key, listener) => {
      const own = listeners.get(key) ?? new Set()
      listeners.set(key, own.add(listener))
      return () => {
        own.delete(listener)
        if (own.size === 0 && listeners.get(key) === own) listeners.delete(key)
      }
    },
    add: (statuses, now) => {
      const seen = new Set<string>()
      for (const status of statuses) {
        const key = toTargetKey(status)
        seen.add(key)
        const before = trails.get(key)
        const after = extendTrail(before, status, now)
        if (after === before) continue
        trails.set(key, after)
        for (const listener of listeners.get(key) ?? []) listener()
      }
      for (const key of trails.keys()) if (!seen.has(key)) trails.delete(key)
    },
  }
}
