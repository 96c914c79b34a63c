import { type Baseline, type Detection, detectChange, detectValueChange, rebase } from '../changes/detect-change.ts'
import type { SnapshotChange } from '../changes/snapshot-change.ts'
import { SightlineError } from '../errors.ts'
import { parseWith } from '../operations/parse-with.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observation } from '../ports/probe.ts'
import type { Tick } from '../ports/scheduler.ts'
import type { Snapshot, SnapshotKey } from '../ports/snapshots.ts'
import type { PollerStatus } from '../protocol/contract.ts'
import { type Attempted, attempt } from './attempt.ts'
import { afterFailure, type Circuit, circuitPolicyFor, closedCircuit, mayPoll } from './circuit.ts'
import { afterPoll, type PollResult, waitingStatus } from './poller-status.ts'
import { toProbeError } from './probe-error.ts'
import type { Target } from './target.ts'

export interface PollerOptions {
  readonly target: Target
  readonly clock: Clock
  readonly random: () => number
  /** Takes the target over in storage: raises the fence, loads what is stored. Rejects while storage is away. */
  adopt(key: SnapshotKey, fence: number): Promise<Snapshot | null>
  /** Never waits. */
  offer(change: SnapshotChange): void
  /** Resolves when the api may be asked, false where its rate limit leaves no room within `patienceMs`. */
  takeTurn(patienceMs: number): Promise<boolean>
  onChecked(status: PollerStatus, before: PollerStatus): void
}

/** Polls one target: one poll at a time, judged at once, never waiting for what becomes of it. */
export interface Poller {
  readonly target: Target
  readonly status: PollerStatus
  readonly baseline: Baseline | null
  /** Never rejects. A tick that falls into a running poll, or an open circuit, is skipped and counted. */
  run(tick: Pick<Tick, 'fence' | 'signal'>): Promise<PollResult>
  /** Polls outside the rhythm, also through an open circuit; shares a poll that is running. */
  pollNow(signal: AbortSignal): Promise<PollResult>
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
  let running: Promise<PollResult> | null = null
  const closing = new AbortController()

  const rebaseTo = (current: Snapshot | null): void => {
    baseline = current === null ? null : rebase(current, target.detector)
    // What the provider calls unmodified is unmodified against a document that is no longer the baseline.
    etag = undefined
  }

  const adopt = async (nextFence: number): Promise<void> => {
    if (fence !== null && nextFence <= fence) return
    const isFirst = fence === null
    fence = nextFence
    const adopted = options.adopt(target.key, nextFence).then(
      (snapshot) => {
        if (baseline === null || !isFirst) rebaseTo(snapshot)
      },
      () => {},
    )
    let cancel = (): void => {}
    await Promise.race([adopted, new Promise<void>((resolve) => (cancel = clock.setTimer(ADOPT_PATIENCE_MS, resolve)))])
    cancel()
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

  const judge = async ({ observation, abandoned }: Attempted): Promise<PollResult> => {
    const { latencyMs } = observation
    try {
      const detection = detect(observation)
      if (detection.kind === 'changed') {
        if (target.schema !== null) await parseWith(target.schema, JSON.parse(detection.body), 'BAD_DOCUMENT')
        baseline = detection.baseline
        options.offer({
          key: target.key,
          body: detection.body,
          hash: detection.hash,
          at: clock.now(),
          fence: fence ?? 0,
          detector: target.detector.fingerprint,
        })
      } else if (detection.kind === 'same-content') baseline = detection.baseline
      etag = observation.etag
      circuit = closedCircuit
      return { kind: 'checked', changed: detection.kind === 'changed', latencyMs, apiVersion: observation.apiVersion ?? null }
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      const retryAfterMs = observation.outcome === 'failed' ? (observation.retryAfterMs ?? 0) : 0
      const now = clock.monotonic()
      circuit = afterFailure(circuit, { policy: circuitPolicyFor(target.intervalMs), now, random, retryAfterMs: Math.min(retryAfterMs, 3_600_000) })
      const retryAt = circuit.state === 'open' ? clock.now() + (circuit.retryAt - now) : null
      return { kind: 'failed', error, abandoned, latencyMs, retryAt }
    }
  }

  const record = (result: PollResult): PollResult => {
    const before = status
    status = afterPoll(status, { result, circuit, now: clock.now() })
    options.onChecked(status, before)
    return result
  }

  const poll = async (signal: AbortSignal): Promise<PollResult> => {
    // Only the first failure of a row is tried again at once: what is down is not asked thrice as often.
    const retries = circuit.failures === 0 ? target.retries : 0
    const attempted = await attempt({
      probe: target.probe,
      region: target.key.region,
      etag: baseline === null ? undefined : etag,
      timeoutMs: target.timeoutMs,
      retries,
      signals: [signal, closing.signal],
      clock,
      random,
    })
    return attempted.observation.outcome === 'failed' && closing.signal.aborted ? { kind: 'skipped' } : record(await judge(attempted))
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
    run: async (tick) => {
      if (running !== null || closing.signal.aborted || !mayPoll(circuit, clock.monotonic())) return record({ kind: 'skipped' })
      return alone(async () => {
        await adopt(tick.fence)
        return (await options.takeTurn(target.intervalMs)) ? poll(tick.signal) : record({ kind: 'skipped' })
      })
    },
    pollNow: (signal) => running ?? alone(() => poll(signal)),
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
