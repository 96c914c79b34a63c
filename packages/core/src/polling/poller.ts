import { type Baseline, type Detection, detectChange, detectValueChange, rebase } from '../changes/detect-change.ts'
import type { SnapshotChange } from '../changes/snapshot-change.ts'
import { SightlineError } from '../errors.ts'
import { parseWith } from '../operations/parse-with.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observation } from '../ports/probe.ts'
import type { Tick } from '../ports/scheduler.ts'
import type { Snapshot, SnapshotKey } from '../ports/snapshots.ts'
import type { PollerStatus } from '../protocol/contract.ts'
import { type Attempted, attempt } from './attempt.ts'
import { afterFailure, type Circuit, circuitPolicyFor, closedCircuit, mayPoll } from './circuit.ts'
import { addPoll, noPolls, type PollCounts } from './poll-counts.ts'
import { circuitOf, isLaterReport, type PollerReport } from './poller-report.ts'
import { afterPoll, type PollResult, waitingStatus } from './poller-status.ts'
import { toProbeError } from './probe-error.ts'
import type { Target } from './target.ts'

export interface PollerOptions {
  readonly target: Target
  readonly clock: Clock
  readonly random: () => number
  /** Takes the target over in storage: raises the fence, and rebases on what is stored. Rejects while storage is away. */
  adopt(key: SnapshotKey, fence: number): Promise<void>
  /** Never waits. */
  offer(change: SnapshotChange): void
  /** Resolves when the api may be asked; false where its rate limit leaves no room in time, or nobody wants to ask any more. */
  takeTurn(request: TurnRequest): Promise<boolean>
  onChecked(status: PollerStatus, before: PollerStatus): void
}

/** A wait for the api's rate limit: no longer than `patienceMs`, and given up when the signal aborts. */
export interface TurnRequest {
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** Polls one target: one poll at a time, judged at once, never waiting for what becomes of it. */
export interface Poller {
  readonly target: Target
  readonly status: PollerStatus
  readonly baseline: Baseline | null
  /** Of this process alone; `status` goes on from what other processes report. */
  readonly counts: PollCounts
  /** For the other processes. */
  report(): PollerReport
  /** Another process polled the target. False where this one has polled it since. */
  hear(report: PollerReport): boolean
  /** Never rejects. A tick that falls into a running poll, or an open circuit, is skipped and counted. */
  run(tick: Pick<Tick, 'fence' | 'signal'>): Promise<PollResult>
  /**
   * Polls outside the rhythm, also through an open circuit; shares a poll that is running. `skipped` where the rate limit leaves no room.
   * Where another process owns the target, this is a visit: it writes under the owner's fence, and leaves it in place.
   */
  pollNow(): Promise<PollResult>
  /** What stands in storage is another's: compare with that from now on. */
  rebase(current: Snapshot | null): void
  retarget(target: Target): void
  close(): Promise<void>
}

/** How long a first poll waits for storage before it goes ahead without knowing what is stored. */
const ADOPT_PATIENCE_MS = 1_000

export const createPoller = (options: PollerOptions): Poller => {
  const { clock, random } = options
  let { target } = options
  let status = waitingStatus(target.key)
  let circuit: Circuit = closedCircuit
  let baseline: Baseline | null = null
  let etag: string | undefined
  let fence: number | null = null
  /** Of the owner before, or beside, this process. */
  let storedFence = 0
  let counts = noPolls
  /** Has the target been taken over under `fence`? Until then a predecessor may still write. */
  let adoption: 'due' | 'pending' | 'done' = 'due'
  let running: Promise<PollResult> | null = null
  const closing = new AbortController()

  const rebaseTo = (current: Snapshot | null): void => {
    baseline = current === null ? null : rebase(current, target.detector)
    storedFence = current?.fence ?? 0
    // What the provider calls unmodified is unmodified against a document that is no longer the baseline.
    etag = undefined
  }

  const adopt = async (under: number): Promise<void> => {
    adoption = 'pending'
    try {
      await options.adopt(target.key, under)
      if (under === fence) adoption = 'done'
    } catch {
      if (under === fence) adoption = 'due'
    }
  }

  const takeOver = async (nextFence: number): Promise<void> => {
    const isNewOwner = fence === null || nextFence > fence
    if (isNewOwner) {
      fence = nextFence
      adoption = 'due'
    }
    if (adoption !== 'due') return
    const adopted = adopt(fence ?? nextFence)
    // Only the first poll waits; later ones know already that storage is slow or away.
    if (isNewOwner) await patiently(adopted)
  }

  /** Learns what is stored without keeping its owner out. */
  const visit = (): Promise<void> => patiently(options.adopt(target.key, 0).catch(() => {}))

  const patiently = async (work: Promise<void>): Promise<void> => {
    const patience = new AbortController()
    await Promise.race([work, pause(ADOPT_PATIENCE_MS, { clock, signals: [patience.signal, closing.signal] })])
    patience.abort()
  }

  const detect = (observation: Observation): Detection => {
    switch (observation.outcome) {
      case 'bytes':
        if (observation.bytes.byteLength > target.maxBodyBytes) {
          throw new SightlineError('TOO_LARGE', `The document is longer than ${target.maxBodyBytes} bytes.`)
        }
        return detectChange(baseline, observation.bytes, target.detector)
      case 'value':
        return detectValueChange(baseline, observation.value, target.detector)
      case 'not-modified':
        return { kind: 'same-bytes' }
      case 'failed':
        throw toProbeError(observation.error)
    }
  }

  const judge = async ({ observation, abandoned }: Attempted, askedWith: Baseline | null): Promise<PollResult> => {
    const { latencyMs } = observation
    try {
      // It says that the document of before is unmodified, which is no longer the one to compare with.
      const isVoid = observation.outcome === 'not-modified' && baseline !== askedWith
      let detection = detect(observation)
      if (detection.kind === 'changed' && target.schema !== null) {
        const against = baseline
        await parseWith(target.schema, detection.value, 'BAD_DOCUMENT')
        // Somebody else's document may have taken the baseline's place meanwhile, even this very one.
        if (baseline !== against) detection = detect(observation)
      }
      if (detection.kind === 'changed') {
        baseline = detection.baseline
        options.offer({
          key: target.key,
          body: detection.body,
          hash: detection.hash,
          at: clock.now(),
          fence: fence ?? storedFence,
          detector: target.detector.fingerprint,
        })
      } else if (detection.kind === 'same-content') baseline = detection.baseline
      etag = isVoid ? undefined : observation.etag
      circuit = closedCircuit
      return { kind: 'checked', changed: detection.kind === 'changed', latencyMs, apiVersion: observation.apiVersion ?? null }
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      const retryAfterMs = observation.outcome === 'failed' ? (observation.retryAfterMs ?? 0) : 0
      const now = clock.monotonic()
      circuit = afterFailure(circuit, {
        policy: circuitPolicyFor(target.intervalMs),
        now,
        random,
        // What is no number asks for nothing.
        retryAfterMs: retryAfterMs > 0 ? Math.min(retryAfterMs, 3_600_000) : 0,
      })
      const retryAt = circuit.state === 'open' ? clock.now() + (circuit.retryAt - now) : null
      return { kind: 'failed', error, abandoned, latencyMs, retryAt }
    }
  }

  const record = (result: PollResult): PollResult => {
    const before = status
    status = afterPoll(status, { result, circuit, now: clock.now() })
    counts = addPoll(counts, before, status)
    options.onChecked(status, before)
    return result
  }

  const poll = async (signals: readonly AbortSignal[]): Promise<PollResult> => {
    const askedWith = baseline
    // Only the first failure of a row is tried again at once: what is down is not asked thrice as often.
    const retries = circuit.failures === 0 ? target.retries : 0
    const attempted = await attempt({
      probe: target.probe,
      region: target.key.region,
      etag: baseline === null ? undefined : etag,
      timeoutMs: target.timeoutMs,
      retries,
      signals,
      clock,
      random,
    })
    // What was broken off says nothing of the target.
    const isBrokenOff = attempted.observation.outcome === 'failed' && signals.some(({ aborted }) => aborted)
    return isBrokenOff ? { kind: 'skipped' } : record(await judge(attempted, askedWith))
  }

  const alone = (work: () => Promise<PollResult>): Promise<PollResult> => {
    running = work().finally(() => {
      running = null
    })
    return running
  }

  return {
    get target() {
      return target
    },
    get status() {
      return status
    },
    get baseline() {
      return baseline
    },
    get counts() {
      return counts
    },
    report: () => ({ id: target.id, status, opened: circuit.state === 'open' ? circuit.opened : 0 }),
    hear: (report) => {
      if (!isLaterReport(report.status, status)) return false
      status = report.status
      circuit = circuitOf(report, clock)
      return true
    },
    run: async (tick) => {
      if (running !== null || closing.signal.aborted || !mayPoll(circuit, clock.monotonic())) return record({ kind: 'skipped' })
      return alone(async () => {
        await takeOver(tick.fence)
        const isTurn = await options.takeTurn({ patienceMs: target.intervalMs, signal: closing.signal })
        return isTurn ? poll([tick.signal, closing.signal]) : record({ kind: 'skipped' })
      })
    },
    pollNow: () =>
      running ??
      alone(async () => {
        if (fence === null) await visit()
        const isTurn = await options.takeTurn({ patienceMs: target.timeoutMs, signal: closing.signal })
        return isTurn ? poll([closing.signal]) : { kind: 'skipped' }
      }),
    rebase: rebaseTo,
    retarget: (next) => {
      target = next
    },
    close: async () => {
      closing.abort()
      await running
      await target.probe.close?.()
    },
  }
}
