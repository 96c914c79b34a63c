import type { RegionStatus, PollTrail as StoredTrail } from '@sightline/core/protocol'
import { extendTrail, fillTrail, type PollTrail } from './poll-trail.ts'
import { toTargetKey } from './target.ts'

/** The trails of all targets, each with its own readers. */
export interface TrailStore {
  /** How many targets there are. */
  readonly size: number
  get(key: string): PollTrail | undefined
  /** `listener` is told of one target's trail alone. Returns its undo. */
  subscribe(key: string, listener: () => void): () => void
  isFilled(key: string): boolean
  /** Takes in what the server knows of a target's polls from before the page was opened. */
  fill(key: string, stored: StoredTrail): void
  /** Takes in the topic `regions` as it stands. */
  add(statuses: readonly RegionStatus[], now: number): void
}

export const createTrailStore = (): TrailStore => {
  const trails = new Map<string, PollTrail>()
  const filled = new Set<string>()
  const listeners = new Map<string, Set<() => void>>()
  const forget = (key: string): void => {
    trails.delete(key)
    filled.delete(key)
  }

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
    isFilled: (key) => filled.has(key),
    fill: (key, stored) => {
      const trail = trails.get(key)
      if (trail === undefined) return
      filled.add(key)
      trails.set(key, fillTrail(trail, stored))
      for (const listener of listeners.get(key) ?? []) listener()
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
      for (const key of trails.keys()) if (!seen.has(key)) forget(key)
    },
  }
}
