import type { LogEntry } from '../ports/logs.ts'
import type { LogLine } from '../protocol/logs.ts'

/** A line that waits to be stored. */
export interface WaitingLine {
  readonly entry: LogEntry
  readonly line: LogLine
  readonly bytes: number
}

/** Lines of one team, oldest first. */
export interface LogBatch {
  readonly team: string
  readonly lines: readonly WaitingLine[]
}

/** What waits for storage, team by team, bounded in bytes. */
export interface LogBuffer {
  readonly bytes: number
  readonly lines: number
  hasRoom(bytes: number): boolean
  add(team: string, line: WaitingLine): void
  /** The oldest lines of the team whose turn it is; they stay counted until they are let go. Null where nothing waits. */
  take(limits: { readonly maxLines: number; readonly maxBytes: number }): LogBatch | null
  /** Lines that were taken are stored, or given up. */
  release(batch: LogBatch): void
  /** Lines that were taken were not stored: they are the next of their team. */
  putBack(batch: LogBatch): void
  /** What is not stored yet. */
  waiting(team: string): readonly LogLine[]
}

export const createLogBuffer = ({ maxBytes }: { readonly maxBytes: number }): LogBuffer => {
  const queues = new Map<string, WaitingLine[]>()
  const taken = new Map<string, LogBatch>()
  let bytes = 0
  let lines = 0

  return {
    get bytes() {
      return bytes
    },
    get lines() {
      return lines
    },
    hasRoom: (wanted) => bytes + wanted <= maxBytes,
    add: (team, line) => {
      const queue = queues.get(team)
      if (queue === undefined) queues.set(team, [line])
      else queue.push(line)
      bytes += line.bytes
      lines++
    },
    take: (limits) => {
      for (const [team, queue] of queues) {
        let size = 0
        let count = 0
        for (const line of queue) {
          if (count === limits.maxLines || (count > 0 && size + line.bytes > limits.maxBytes)) break
          size += line.bytes
          count++
        }
        const batch = { team, lines: queue.splice(0, count) }
        // Whoever has more waits until all others had their turn.
        queues.delete(team)
        if (queue.length > 0) queues.set(team, queue)
        taken.set(team, batch)
        return batch
      }
      return null
    },
    release: (batch) => {
      taken.delete(batch.team)
      for (const line of batch.lines) bytes -= line.bytes
      lines -= batch.lines.length
    },
    putBack: (batch) => {
      taken.delete(batch.team)
      queues.set(batch.team, [...batch.lines, ...(queues.get(batch.team) ?? [])])
    },
    waiting: (team) => [...(taken.get(team)?.lines ?? []), ...(queues.get(team) ?? [])].map(({ line }) => line),
  }
}
