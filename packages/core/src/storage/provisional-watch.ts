import type { SnapshotChange } from '../changes/snapshot-change.ts'
import type { Clock } from '../ports/clock.ts'
import type { PendingWrite, WriteBuffer } from './write-buffer.ts'

export interface ProvisionalWatchOptions {
  readonly buffer: Pick<WriteBuffer, 'ids' | 'last'>
  readonly clock: Clock
  /** How long a change may wait for storage before it is shown all the same, in ms. */
  readonly afterMs: number
  onProvisional(change: SnapshotChange): void
}

/** Sees to it that a change is shown although storage does not have it yet: each target's youngest, once. */
export interface ProvisionalWatch {
  /** A change began to wait, and storage is there. */
  begin(): void
  show(write: PendingWrite): void
  /** Storage is away: whatever waits is shown. */
  showAll(): void
  /** Nothing waits any more. */
  end(): void
}

export const createProvisionalWatch = ({ buffer, clock, afterMs, onProvisional }: ProvisionalWatchOptions): ProvisionalWatch => {
  let cancel: (() => void) | null = null

  const show = (write: PendingWrite): void => {
    if (write.shown) return
    write.shown = true
    onProvisional(write.change)
  }

  const showOffered = (before: number): void => {
    for (const id of buffer.ids()) {
      const last = buffer.last(id)
      if (last !== null && last.offeredAt <= before) show(last)
    }
  }

  const findOldestUnshown = (): number | null => {
    let oldest: number | null = null
    for (const id of buffer.ids()) {
      const last = buffer.last(id)
      if (last !== null && !last.shown && (oldest === null || last.offeredAt < oldest)) oldest = last.offeredAt
    }
    return oldest
  }

  const begin = (): void => {
    if (cancel !== null) return
    const oldest = findOldestUnshown()
    if (oldest === null) return
    // Looking at all that waits costs something: not for each change by itself.
    const waitMs = Math.max(oldest + afterMs - clock.monotonic(), afterMs / 5)
    cancel = clock.setTimer(waitMs, () => {
      cancel = null
      showOffered(clock.monotonic() - afterMs)
      begin()
    })
  }

  return {
    begin,
    show,
    showAll: () => showOffered(Number.POSITIVE_INFINITY),
    end: () => {
      cancel?.()
      cancel = null
    },
  }
}
