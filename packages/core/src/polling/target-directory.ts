import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Schedule, Tick } from '../ports/scheduler.ts'
import type { Snapshot, SnapshotKey } from '../ports/snapshots.ts'
import type { PollerStatus } from '../protocol/contract.ts'
import type { SnapshotKeeper } from '../storage/snapshot-keeper.ts'
import { untilAborted } from '../until-aborted.ts'
import { offsetOf } from './due-time.ts'
import { type Pace, takeSlot } from './pace.ts'
import { createPoller, type Poller, type TurnRequest } from './poller.ts'
import type { PollResult } from './poller-status.ts'
import { scheduleId, type Target } from './target.ts'
import { DEFAULT_LANE, type TickRouter } from './tick-router.ts'

export interface TargetDirectoryOptions {
  readonly targets: readonly Target[]
  readonly ticks: TickRouter
  readonly keeper: Pick<SnapshotKeeper, 'adopt' | 'offer'>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  onChecked(target: Target, status: PollerStatus, before: PollerStatus): void
}

/** All configured targets and their pollers, kept in step with the scheduler: it starts and closes the ticks, its own and others'. */
export interface TargetDirectory {
  readonly targets: readonly Target[]
  find(key: SnapshotKey): Poller | null
  /** Throws `UNKNOWN_REGION` for what is not configured. */
  demand(key: SnapshotKey): Poller
  pollers(): Iterable<Poller>
  /** By the target's id. */
  poller(id: string): Poller | null
  start(): Promise<void>
  setInterval(key: SnapshotKey, intervalMs: number): Promise<void>
  /** Polls outside the rhythm. Rejects with `ABORTED` where the signal aborts first: the poll is the target's, and goes on. */
  pollNow(key: SnapshotKey, signal: AbortSignal): Promise<PollResult>
  rebase(key: SnapshotKey, current: Snapshot | null): void
  stop(): Promise<void>
}

const POLL = 'poll'
/** Who has just started it sees every target soon, whatever its interval. */
const FIRST_WITHIN_MS = 10_000

const scheduleOf = ({ id, key, intervalMs }: Target): Schedule => ({
  id,
  kind: POLL,
  payload: JSON.stringify(key),
  everyMs: intervalMs,
  offsetMs: offsetOf(id, intervalMs),
  lane: DEFAULT_LANE,
  firstWithinMs: FIRST_WITHIN_MS,
})

export const createTargetDirectory = (options: TargetDirectoryOptions): TargetDirectory => {
  const { ticks, clock, keeper } = options
  const pollers = new Map<string, Poller>()
  const paces = new Map<string, Pace>()

  const takeTurn = async (target: Target, { patienceMs, signal }: TurnRequest): Promise<boolean> => {
    if (target.maxPerSecond === null) return true
    const { api, team } = target.key
    const id = JSON.stringify([team, api])
    const slot = takeSlot(paces.get(id) ?? { nextFreeAt: 0 }, {
      perSecond: target.maxPerSecond,
      now: clock.monotonic(),
      patienceMs,
    })
    if (slot === null) return false
    paces.set(id, slot.pace)
    if (slot.waitMs > 0) await pause(slot.waitMs, { clock, signals: [signal] })
    return !signal.aborted
  }

  for (const target of options.targets) {
    pollers.set(
      target.id,
      createPoller({
        target,
        clock,
        random: options.random,
        adopt: keeper.adopt,
        offer: keeper.offer,
        takeTurn: (request) => takeTurn(target, request),
        onChecked: (status, before) => options.onChecked(target, status, before),
      }),
    )
  }

  const find = (key: SnapshotKey): Poller | null => pollers.get(scheduleId(key)) ?? null

  const demand = (key: SnapshotKey): Poller => {
    const poller = find(key)
    if (poller === null)
      throw new SightlineError(
        'UNKNOWN_REGION',
        `There is no region ${JSON.stringify(key.region)} of an api ${JSON.stringify(key.api)}.`,
      )
    return poller
  }

  const retime = (poller: Poller, intervalMs: number): void => {
    const { target } = poller
    // A timeout that followed the interval goes on following it.
    const timeoutMs = target.timeoutMs === defaultTimeoutMs(target.intervalMs) ? defaultTimeoutMs(intervalMs) : target.timeoutMs
    poller.retarget({ ...target, intervalMs, timeoutMs })
  }

  const run = async (tick: Tick): Promise<void> => {
    const result = await pollers.get(tick.schedule.id)?.run(tick)
    if (result === undefined)
      options.logger.warn({ schedule: tick.schedule.id }, 'A tick of a target that is not configured here was skipped.')
  }

  return {
    get targets() {
      return [...pollers.values()].map(({ target }) => target)
    },
    find,
    demand,
    pollers: () => pollers.values(),
    poller: (id) => pollers.get(id) ?? null,
    start: async () => {
      await ticks.put(
        [...pollers.values()].map(({ target }) => scheduleOf(target)),
        run,
      )
      await ticks.start()
    },
    setInterval: async (key, intervalMs) => {
      const poller = demand(key)
      retime(poller, intervalMs)
      await ticks.put([scheduleOf(poller.target)], run)
    },
    pollNow: async (key, signal) => untilAborted(demand(key).pollNow, signal),
    rebase: (key, current) => find(key)?.rebase(current),
    stop: async () => {
      const closed = Promise.all([...pollers.values()].map((poller) => poller.close()))
      await ticks.close()
      await closed
    },
  }
}

/** Where none is configured: the interval, at most ten seconds. */
export const defaultTimeoutMs = (intervalMs: number): number => Math.min(intervalMs, 10_000)
