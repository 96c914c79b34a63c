import { DueHeap } from '../memory/due-heap.ts'
import type { Clock } from '../ports/clock.ts'

/** Calls for many things at their times, by one timer. Times are ms of `clock.monotonic()`. */
export interface DueWheel<T> {
  /** Replaces when it is due; null: never. */
  put(item: T, dueAt: number | null): void
  clear(): void
}

interface Entry<T> {
  /** When it is looked at. What is put off stays where it is until then: most things are, again and again. */
  readonly dueAt: number
  putOffTo: number
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
  const waiting = new Map<T, Entry<T>>()
  let setFor = Number.POSITIVE_INFINITY
  let cancel = (): void => {}

  const arm = (): void => {
    const next = heap.peek()
    if (next === undefined || next.dueAt >= setFor) return
    cancel()
    setFor = next.dueAt
    cancel = clock.setTimer(Math.min(LONGEST_MS, Math.max(0, next.dueAt - clock.monotonic())), turn)
  }

  const enter = (item: T, dueAt: number): void => {
    const entry = { dueAt, putOffTo: dueAt, item }
    waiting.set(item, entry)
    heap.push(entry)
  }

  const turn = (): void => {
    const now = clock.monotonic()
    const lateMs = now - setFor
    setFor = Number.POSITIVE_INFINITY
    const items: T[] = []
    for (let next = heap.peek(); next !== undefined && next.dueAt <= now; next = heap.peek()) {
      heap.pop()
      // One that is due earlier than it was has another entry.
      if (waiting.get(next.item) !== next) continue
      if (next.putOffTo > now) enter(next.item, next.putOffTo)
      else {
        waiting.delete(next.item)
        items.push(next.item)
      }
    }
    if (items.length > 0) run(items, Math.max(0, lateMs))
    arm()
  }

  /** Entries that were replaced are left where they are until there are too many. */
  const compact = (): void => {
    if (heap.size > 2 * waiting.size + 64) heap.fill([...waiting.values()])
  }

  return {
    put: (item, at) => {
      const known = waiting.get(item)
      if (at === null) waiting.delete(item)
      else if (known !== undefined && known.dueAt <= at) known.putOffTo = at
      else enter(item, at)
      compact()
      arm()
    },
    clear: () => {
      cancel()
      heap.fill([])
      waiting.clear()
      setFor = Number.POSITIVE_INFINITY
    },
  }
}
