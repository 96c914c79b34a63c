import type { SnapshotChange } from '../changes/snapshot-change.ts'

/** A change on its way to storage. */
export interface PendingWrite {
  readonly change: SnapshotChange
  /** Named once: every repeat carries the same. */
  readonly writeId: string
  readonly offeredAt: number
  /** Shown as provisional already. */
  shown: boolean
  /** Waited through an outage. */
  replayed: boolean
}

export interface WriteBufferLimits {
  readonly maxWrites: number
  readonly maxBytes: number
}

/**
 * Changes of all targets that wait for storage, in order for each target. Bounded: what is over the bound loses its oldest
 * change that has a later one of the same target (history thins out, the latest document stays), else the oldest of all.
 */
export interface WriteBuffer {
  readonly writes: number
  readonly bytes: number
  readonly dropped: number
  /** Answers the targets whose youngest change had to go to make room: what is left of them in storage is out of date. */
  push(id: string, write: PendingWrite): readonly string[]
  /** The oldest of a target; it stays until `shift`, and is never dropped once taken. */
  take(id: string): PendingWrite | null
  /** The youngest of a target. */
  last(id: string): PendingWrite | null
  /** All of a target, oldest first. */
  of(id: string): readonly PendingWrite[]
  shift(id: string): void
  /** Forgets a target's, the taken one included; returns how many. */
  clear(id: string): number
  /** Targets that have any, the longest waiting first. */
  ids(): IterableIterator<string>
  all(): IterableIterator<PendingWrite>
}

export const createWriteBuffer = ({ maxWrites, maxBytes }: WriteBufferLimits): WriteBuffer => {
  const queues = new Map<string, PendingWrite[]>()
  const superseded = new Map<PendingWrite, string>()
  const taken = new Set<PendingWrite>()
  let writes = 0
  let bytes = 0
  let dropped = 0

  const sizeOf = (write: PendingWrite): number => write.change.body.length

  const forget = (write: PendingWrite): void => {
    writes--
    bytes -= sizeOf(write)
    superseded.delete(write)
    taken.delete(write)
  }

  const drop = (id: string, write: PendingWrite): void => {
    const queue = queues.get(id)
    if (queue === undefined) return
    queue.splice(queue.indexOf(write), 1)
    if (queue.length === 0) queues.delete(id)
    forget(write)
    dropped++
  }

  const findDroppable = (): readonly [id: string, write: PendingWrite] | null => {
    for (const [write, id] of superseded) return [id, write]
    for (const [id, queue] of queues) {
      const oldest = queue.find((write) => !taken.has(write))
      if (oldest !== undefined) return [id, oldest]
    }
    return null
  }

  const makeRoom = (): readonly string[] => {
    const bereft: string[] = []
    while (writes > 1 && (writes > maxWrites || bytes > maxBytes)) {
      const found = findDroppable()
      if (found === null) break
      const [id, write] = found
      if (queues.get(id)?.at(-1) === write) bereft.push(id)
      drop(id, write)
    }
    return bereft
  }

  return {
    get writes() {
      return writes
    },
    get bytes() {
      return bytes
    },
    get dropped() {
      return dropped
    },
    push: (id, write) => {
      const queue = queues.get(id) ?? []
      const previous = queue.at(-1)
      if (previous !== undefined && !taken.has(previous)) superseded.set(previous, id)
      queue.push(write)
      queues.set(id, queue)
      writes++
      bytes += sizeOf(write)
      return makeRoom()
    },
    take: (id) => {
      const write = queues.get(id)?.[0] ?? null
      if (write !== null) {
        taken.add(write)
        superseded.delete(write)
      }
      return write
    },
    last: (id) => queues.get(id)?.at(-1) ?? null,
    of: (id) => queues.get(id) ?? [],
    shift: (id) => {
      const queue = queues.get(id)
      const write = queue?.shift()
      if (write !== undefined) forget(write)
      if (queue?.length === 0) queues.delete(id)
    },
    clear: (id) => {
      const queue = queues.get(id) ?? []
      queues.delete(id)
      for (const write of queue) forget(write)
      return queue.length
    },
    ids: () => queues.keys(),
    *all() {
      for (const queue of queues.values()) yield* queue
    },
  }
}
