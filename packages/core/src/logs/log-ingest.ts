import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { LogLine } from '../protocol/logs.ts'
import { type ReadEntry, readEntry } from './log-entry.ts'
import type { LogWriter } from './log-writer.ts'

export interface LogIngestOptions {
  readonly clock: Clock
  readonly writer: Pick<LogWriter, 'hasRoom' | 'add' | 'retryAfterMs'>
  readonly keptMs: number
  readonly redact: readonly RegExp[]
  nextId(at: number): string
  /** A line that is new, as far as this process remembers. */
  onLine(team: string, line: LogLine): void
}

/** What became of lines: `errors` says of the first few that are none what is wrong. */
export interface Ingested {
  readonly accepted: number
  readonly rejected: number
  readonly errors: readonly { readonly index: number; readonly message: string }[]
}

/** The door for lines: what is let in is safe to store and to show. */
export interface LogIngest {
  readonly accepted: number
  readonly rejected: number
  readonly dropped: number
  /** All that are lines, or none. Rejects with `TOO_MANY_REQUESTS` where there is no room for them. */
  takeAll(team: string, inputs: readonly unknown[], signal: AbortSignal): Promise<Ingested>
  /** One of this process. What is no line, or has no room, is counted. Never throws. */
  takeOne(team: string, input: unknown): void
}

const MAX_ERRORS = 10
/** Others get their turn after so long, in ms. */
const TURN_MS = 10
/** Ids of senders that are remembered, so that a repeat is counted and shown once: at least so many of the latest, at most twice. */
const REMEMBERED_IDS = 20_000

type Entry = ReadEntry & { readonly ok: true }

export const createLogIngest = (options: LogIngestOptions): LogIngest => {
  const { clock, writer, keptMs, redact, nextId, onLine } = options
  let [latest, before] = [new Set<string>(), new Set<string>()]
  const counters = { accepted: 0, rejected: 0, dropped: 0 }

  const read = (input: unknown, now: number): ReadEntry => readEntry(input, { now, oldest: now - keptMs, redact, nextId })

  const isRepeat = (team: string, { hasOwnId, line }: Entry): boolean => {
    if (!hasOwnId) return false
    const key = `${team} ${line.id}`
    if (latest.has(key) || before.has(key)) return true
    latest.add(key)
    if (latest.size >= REMEMBERED_IDS) [latest, before] = [new Set(), latest]
    return false
  }

  const add = (team: string, entry: Entry): void => {
    counters.accepted++
    if (isRepeat(team, entry)) return
    writer.add(team, { entry: entry.entry, line: entry.line, bytes: entry.bytes })
    onLine(team, entry.line)
  }

  return {
    get accepted() {
      return counters.accepted
    },
    get rejected() {
      return counters.rejected
    },
    get dropped() {
      return counters.dropped
    },
    takeAll: async (team, inputs, signal) => {
      const entries: Entry[] = []
      const errors: { index: number; message: string }[] = []
      let bytes = 0
      let turnEndsAt = clock.monotonic() + TURN_MS
      for (const [index, input] of inputs.entries()) {
        const entry = read(input, clock.now())
        if (entry.ok) {
          entries.push(entry)
          bytes += entry.bytes
        } else if (errors.length < MAX_ERRORS) errors.push({ index, message: entry.reason })
        if (clock.monotonic() < turnEndsAt) continue
        if (!writer.hasRoom(bytes)) break
        await pause(0, { clock, signals: [signal] })
        turnEndsAt = clock.monotonic() + TURN_MS
      }
      if (!writer.hasRoom(bytes)) {
        throw new SightlineError('TOO_MANY_REQUESTS', 'Log lines come faster than they can be stored.', {
          retryAfterMs: writer.retryAfterMs,
        })
      }
      for (const entry of entries) add(team, entry)
      const rejected = inputs.length - entries.length
      counters.rejected += rejected
      return { accepted: entries.length, rejected, errors }
    },
    takeOne: (team, input) => {
      try {
        const entry = read(input, clock.now())
        if (!entry.ok) counters.rejected++
        else if (!writer.hasRoom(entry.bytes)) counters.dropped++
        else add(team, entry)
      } catch {
        // A getter of the host's that throws, say.
        counters.rejected++
      }
    },
  }
}
