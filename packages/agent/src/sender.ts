import { createBoundedQueue } from './bounded-queue.ts'
import type { Posted, Poster } from './post.ts'

export interface SenderOptions {
  readonly poster: Pick<Poster, 'post'>
  readonly service: string
  readonly maxBufferedLines: number
  readonly maxBufferedBytes: number
  /** A number in [0, 1). */
  readonly random: () => number
  /** Told once when sending begins to fail. */
  onTrouble(reason: string): void
}

/** What waits to be sent, and its sending: one request at a time, again after growing pauses where it fails. */
export interface Sender {
  readonly waiting: number
  readonly dropped: number
  readonly sent: number
  addLine(text: string): void
  addReport(report: object): void
  /** Sends what there is, unless it is being sent or a pause is to be kept. */
  flush(): void
  /** Resolves when nothing waits. Pauses are kept, but no longer than a second. */
  drain(): Promise<void>
  stop(): void
}

const BATCH_LINES = 1_000
const BATCH_BYTES = 1_048_576
const MAX_REPORTS = 600
const MAX_REPORT_BYTES = 4_194_304
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
const LONGEST_DRAIN_PAUSE_MS = 1_000

export const createSender = (options: SenderOptions): Sender => {
  const { poster, service, random } = options
  const lines = createBoundedQueue({ maxCount: options.maxBufferedLines, maxBytes: options.maxBufferedBytes })
  const reports = createBoundedQueue({ maxCount: MAX_REPORTS, maxBytes: MAX_REPORT_BYTES })
  let failures = 0
  let sent = 0
  let isDraining = false
  let isStopped = false
  let sending: Promise<void> | null = null
  let pausing: NodeJS.Timeout | null = null

  const pauseFor = (retryAfterMs: number | null): void => {
    const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10)) * (0.5 + random() / 2)
    const wanted = retryAfterMs ?? grown
    pausing = setTimeout(
      () => {
        pausing = null
        flush()
      },
      isDraining ? Math.min(wanted, LONGEST_DRAIN_PAUSE_MS) : wanted,
    )
    if (!isDraining) pausing.unref()
  }

  /** Is it settled, one way or another? */
  const settle = (posted: Posted): boolean => {
    if (posted.kind !== 'later') {
      failures = 0
      return true
    }
    failures++
    if (failures === 1) options.onTrouble(posted.reason)
    pauseFor(posted.retryAfterMs)
    return false
  }

  const sendReport = async (text: string): Promise<boolean> => {
    const posted = await poster.post('/api/v1/operations/services.report', { text, type: 'application/json' })
    const isSettled = settle(posted)
    if (!isSettled) reports.putBack([text])
    else if (posted.kind === 'taken') sent++
    else reports.giveUp([text])
    return isSettled
  }

  const sendLines = async (batch: readonly string[]): Promise<boolean> => {
    const posted = await poster.post('/api/v1/logs', { text: batch.join('\n'), type: 'application/x-ndjson' })
    if (posted.kind === 'too-large' && batch.length > 1) {
      const half = Math.ceil(batch.length / 2)
      if (await sendLines(batch.slice(0, half))) return sendLines(batch.slice(half))
      lines.putBack(batch.slice(half))
      return false
    }
    const isSettled = settle(posted)
    if (!isSettled) lines.putBack(batch)
    else if (posted.kind === 'taken') sent += batch.length
    else lines.giveUp(batch)
    return isSettled
  }

  const sendAll = async (): Promise<void> => {
    while (!isStopped) {
      const [report] = reports.take({ maxCount: 1, maxBytes: MAX_REPORT_BYTES })
      if (report !== undefined) {
        if (!(await sendReport(report))) return
        continue
      }
      const batch = lines.take({ maxCount: BATCH_LINES, maxBytes: BATCH_BYTES })
      if (batch.length === 0) return
      if (!(await sendLines(batch))) return
    }
  }

  const flush = (): void => {
    if (isStopped || sending !== null || pausing !== null || lines.length + reports.length === 0) return
    sending = sendAll()
      .catch(() => {})
      .finally(() => {
        sending = null
      })
  }

  const stop = (): void => {
    isStopped = true
    if (pausing !== null) clearTimeout(pausing)
    pausing = null
  }

  return {
    get waiting() {
      return lines.length + reports.length
    },
    get dropped() {
      return lines.dropped + reports.dropped
    },
    get sent() {
      return sent
    },
    addLine: lines.add,
    addReport: (report) => reports.add(JSON.stringify({ name: service, ...report })),
    flush,
    drain: async () => {
      isDraining = true
      if (pausing !== null) {
        clearTimeout(pausing)
        pausing = null
      }
      while (!isStopped && (lines.length + reports.length > 0 || sending !== null)) {
        flush()
        if (sending !== null) await sending
        else await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    stop,
  }
}
