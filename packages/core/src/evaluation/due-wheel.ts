import { DueHeap } from '../memory/due-heap.ts'
import type { Clock } from '../ports/clock.ts'

/** Calls for many things at their times, by one timer. Times are ms of `clock.monotonic()`. */
export interface DueWheel<T> {
  /** Replaces when it is due; null: never. */
  put(item: T, dueAt: number | null): void
  clear(): void
}

interface Entry<T> {
  readonly dueAt: number
  readonly item: T
}

/** Longer timers overflow in some hosts; it is looked again then, in ms. */
const LONGEST_MS = 3_600_000

export const createDueWheel = <T>({
  clock,
  run,
}: {
  readonly clock: Clock
  /** Everything that is due; `lateMs` after the first of it was. */
  run(items: readonly T[], lateMs: number): void
}): DueWheel<T> => {
  const heap = new DueHeap<Entry<T>>()
  const dueAt = new Map<T, number>()
  let setFor = Number.POSITIVE_INFINITY
  let cancel = (): void => {}

  const arm = (): void => {
    const next = heap.peek()
    if (next === undefined || next.dueAt >= setFor) return
    cancel()
    setFor = next.dueAt
    cancel = clock.setTimer(Math.min(LONGEST_MS, Math.max(0, next.dueAt - clock.monotonic())), turn)
  }

  const turn = (): void => {
    const now = clock.monotonic()
    const lateMs = now - setFor
    setFor = Number.POSITIVE_INFINITY
    const items: T[] = []
    for (let next = heap.peek(); next !== undefined && next.dueAt <= now; next = heap.peek()) {
      heap.pop()
      // One that was put anew has another entry.
      if (dueAt.get(next.item) !== next.dueAt) continue
      dueAt.delete(next.item)
      items.push(next.item)
    }
    if (items.length > 0) run(items, Math.max(0, lateMs))
    arm()
  }

  /** Entries that were replaced are left where they are until there are too many. */
  const compact = (): void => {
    if (heap.size > 2 * dueAt.size + 64) heap.fill([...dueAt].map(([item, at]) => ({ item, dueAt: at })))
  }

  return {
    put: (item, at) => {
      if (dueAt.get(item) === at) return
      if (at === null) dueAt.delete(item)
      else {
        dueAt.set(item, at)
        heap.push({ item, dueAt: at })
      }
      compact()
      arm()
    },
    clear: () => {
      cancel()
      heap.fill([])
      dueAt.clear()
      setFor = Number.POSITIVE_INFINITY
    },
  }
}
