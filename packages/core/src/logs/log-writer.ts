import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import { backoffMs } from '../polling/backoff.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { LogLine } from '../protocol/logs.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { createLogBuffer, type LogBatch, type WaitingLine } from './log-buffer.ts'

export interface LogWriterOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly maxBytes: number
}

/** Lines on their way to storage: gathered, written in batches, kept while storage is away. */
export interface LogWriter {
  readonly stored: number
  /** What storage refused. */
  readonly refused: number
  readonly waiting: number
  hasRoom(bytes: number): boolean
  /** When to come again where there is no room, in ms. */
  readonly retryAfterMs: number
  add(team: string, line: WaitingLine): void
  /** What is not stored yet, oldest first. */
  unstored(team: string): readonly LogLine[]
  storageUp(): void
  /** Resolves when nothing waits, or the time is over. Nothing is written afterwards. */
  stop(options: { readonly timeoutMs: number }): Promise<void>
}

/** A batch is written when it is so large, or so old. */
const BATCH_LINES = 2_000
const BATCH_BYTES = 4_194_304
const GATHER_MS = 200
const RETRY_BASE_MS = 200
const RETRY_CAP_MS = 5_000

export const createLogWriter = ({ link, clock, random, logger, maxBytes }: LogWriterOptions): LogWriter => {
  const buffer = createLogBuffer({ maxBytes })
  const closing = new AbortController()
  let stored = 0
  let refused = 0
  let failures = 0
  let cancelTimer: (() => void) | null = null
  let writing: Promise<void> | null = null

  const append = ({ team, lines }: LogBatch): Promise<void> =>
    link.run((driver) =>
      driver.logs.append(
        { team },
        lines.map(({ entry }) => entry),
      ),
    )

  /** A line that storage will not have takes none of the others along. */
  const appendEach = async (batch: LogBatch): Promise<void> => {
    for (const line of batch.lines) {
      try {
        await append({ team: batch.team, lines: [line] })
        stored++
      } catch (thrown) {
        const { code } = SightlineError.from(thrown)
        if (code === 'UNAVAILABLE' || code === 'TIMEOUT') throw thrown
        refused++
        logger.warn({ code, service: line.entry.service }, 'Storage refused a log line.')
      }
    }
  }

  const write = async (batch: LogBatch): Promise<void> => {
    try {
      await append(batch)
      stored += batch.lines.length
    } catch (thrown) {
      const { code } = SightlineError.from(thrown)
      if (code === 'UNAVAILABLE' || code === 'TIMEOUT') throw thrown
      // Ids make what is written again no second line.
      await appendEach(batch)
    }
  }

  const writeAll = async (): Promise<void> => {
    for (;;) {
      const batch = buffer.take({ maxLines: BATCH_LINES, maxBytes: BATCH_BYTES })
      if (batch === null) return
      try {
        await write(batch)
        failures = 0
        buffer.release(batch)
      } catch {
        failures++
        buffer.putBack(batch)
        return
      }
    }
  }

  const flush = (): void => {
    cancelTimer?.()
    cancelTimer = null
    if (writing !== null || buffer.lines === 0) return
    writing = writeAll().finally(() => {
      writing = null
      schedule()
    })
  }

  const schedule = (): void => {
    if (closing.signal.aborted || cancelTimer !== null || writing !== null || buffer.lines === 0) return
    const delayMs =
      failures === 0
        ? GATHER_MS
        : GATHER_MS + backoffMs({ attempt: failures - 1, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random })
    cancelTimer = clock.setTimer(delayMs, flush)
  }

  return {
    get stored() {
      return stored
    },
    get refused() {
      return refused
    },
    get waiting() {
      return buffer.lines
    },
    get retryAfterMs() {
      return link.state === 'up' ? 1_000 : RETRY_CAP_MS
    },
    hasRoom: buffer.hasRoom,
    add: (team, line) => {
      buffer.add(team, line)
      if (failures === 0 && buffer.lines >= BATCH_LINES) flush()
      else schedule()
    },
    unstored: buffer.waiting,
    storageUp: () => {
      failures = 0
      flush()
    },
    stop: async ({ timeoutMs }) => {
      const over = new AbortController()
      const drain = async (): Promise<void> => {
        await writing
        while (buffer.lines > 0 && !over.signal.aborted && link.state === 'up') {
          flush()
          await writing
          if (failures > 0) await pause(GATHER_MS, { clock, signals: [over.signal] })
        }
      }
      const limit = pause(timeoutMs, { clock, signals: [over.signal] })
      await Promise.race([drain(), limit])
      over.abort()
      closing.abort()
      cancelTimer?.()
      cancelTimer = null
      if (buffer.lines > 0) logger.warn({ lines: buffer.lines }, 'Stopped with log lines that storage did not take.')
    },
  }
}
