import type { Frame } from '@sightline/core/protocol'

/** Frames kept per topic while subscriptions are being answered. Of more, the oldest go: what is then missing shows, and is asked for. */
const maxHeld = 1_000

/** Brings frames to their topics by the server's key, and keeps those that come before the answer that tells the key. */
export interface FrameRouter {
  route(frame: Frame): void
  /** A subscription is under way: from now on frames are kept. */
  expect(): Expectation
  /** The connection is gone, and what came over it with it. */
  clear(): void
  /** The topics that hear of this key. */
  receivers(key: string): number
}

export interface Expectation {
  /** Sends the key's frames to `receive` from now on; returns those that have come since `expect`, and the undo. */
  claim(key: string, receive: (frame: Frame) => void): { readonly held: readonly Frame[]; readonly release: () => void }
  /** Answered or given up. Idempotent. */
  end(): void
}

export const createFrameRouter = (): FrameRouter => {
  const receivers = new Map<string, Set<(frame: Frame) => void>>()
  const held = new Map<string, { readonly at: number; readonly frame: Frame }[]>()
  let expected = 0
  let arrivals = 0
  let era = 0

  return {
    route: (frame) => {
      arrivals++
      if (expected > 0) {
        const frames = held.get(frame.topic) ?? []
        held.set(frame.topic, frames)
        frames.push({ at: arrivals, frame })
        if (frames.length > maxHeld) frames.shift()
      }
      for (const receive of receivers.get(frame.topic) ?? []) receive(frame)
    },
    expect: () => {
      const since = arrivals
      const begun = era
      let isOpen = true
      expected++
      return {
        claim: (key, receive) => {
          const all = receivers.get(key) ?? new Set()
          receivers.set(key, all.add(receive))
          return {
            held: (held.get(key) ?? []).filter(({ at }) => at > since).map(({ frame }) => frame),
            release: () => {
              all.delete(receive)
              if (all.size === 0 && receivers.get(key) === all) receivers.delete(key)
            },
          }
        },
        end: () => {
          if (!isOpen || begun !== era) return
          isOpen = false
          if (--expected === 0) held.clear()
        },
      }
    },
    clear: () => {
      era++
      expected = 0
      held.clear()
    },
    receivers: (key) => receivers.get(key)?.size ?? 0,
  }
}
