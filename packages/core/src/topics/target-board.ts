import { createPollRing, type PollRing } from '../polling/poll-ring.ts'
import { waitingStatus } from '../polling/poller-status.ts'
import type { Target } from '../polling/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { PollerStatus, PollMark, RegionStatus } from '../protocol/contract.ts'
import type { KeyedPut } from '../protocol/frame.ts'
import type { Hub } from './hub.ts'

/** Unchanged items refreshed per heartbeat, at most: with more targets, each is refreshed less often. */
const REFRESHED = 100

interface Row {
  target: Target
  status: PollerStatus
  revision: number | null
  changedAt: number | null
  /** Counts what the row has been, for the keyed topics' versions. */
  edition: number
  /** Made with the first poll. */
  trail: PollRing | null
  /** Was it polled here last? Else the others know better. */
  isOwn: boolean
}

/** How every target is doing: the items of the topics `regions` and `pollers`. */
export interface TargetBoard {
  /** By the target's id. */
  checked(id: string, status: PollerStatus): void
  /** As `checked`, of another process's poll. */
  heard(id: string, status: PollerStatus): void
  stored(id: string, at: { readonly revision: number; readonly changedAt: number } | null): void
  retargeted(target: Target): void
  /** The targets that were polled here last. */
  ownIds(): readonly string[]
  /** The last polls of a target. */
  polls(id: string): readonly PollMark[]
  regions(team?: string): readonly RegionStatus[]
  items(team: string): { readonly regions: readonly KeyedPut[]; readonly pollers: readonly KeyedPut[] }
  start(): void
  stop(): void
}

export interface TargetBoardOptions {
  readonly targets: readonly Target[]
  readonly clock: Clock
  /** Names this process's count of editions. */
  readonly epoch: string
  readonly heartbeatMs: number
  readonly publish: Hub['publish']
  /** Tells the other processes of targets that were polled here. */
  report(ids: readonly string[]): void
}

/**
 * A state that turns is told at once. What only shows that a target is alive (times, counts) goes out with a heartbeat, oldest first
 * and bounded, so that unchanged never looks dead and never costs much.
 */
export const createTargetBoard = ({ targets, clock, epoch, heartbeatMs, publish, report }: TargetBoardOptions): TargetBoard => {
  const rows = new Map<string, Row>(
    targets.map((target) => [
      target.id,
      { target, status: waitingStatus(target.key), revision: null, changedAt: null, edition: 1, trail: null, isOwn: false },
    ]),
  )
  const dirty = new Set<Row>()
  let cancelBeat = (): void => {}

  const regionOf = ({ target, status, revision, changedAt }: Row): RegionStatus => ({
    api: target.key.api,
    region: target.key.region,
    label: target.label,
    state: status.state,
    intervalMs: target.intervalMs,
    revision,
    changedAt,
    checkedAt: status.checkedAt,
    latencyMs: status.latencyMs,
  })

  const keyOf = ({ target: { key } }: Row): string => JSON.stringify([key.api, key.region])
  const idOf = ({ target }: Row): string => target.id
  const regionPut = (row: Row): KeyedPut => [keyOf(row), { epoch, revision: row.edition }, regionOf(row)]
  const pollerPut = (row: Row): KeyedPut => [keyOf(row), { epoch, revision: row.edition }, row.status]

  const tell = (changed: readonly Row[]): void => {
    for (const row of changed) {
      row.edition++
      dirty.delete(row)
    }
    for (const [team, group] of Map.groupBy(changed, ({ target }) => target.key.team)) {
      publish(team, 'regions', { kind: 'keyed', put: group.map(regionPut), drop: [] })
      publish(team, 'pollers', { kind: 'keyed', put: group.map(pollerPut), drop: [] })
    }
    const own = changed.filter(({ isOwn }) => isOwn)
    if (own.length > 0) report(own.map(idOf))
  }

  const beat = (): void => {
    const oldest: Row[] = []
    for (const row of dirty) {
      oldest.push(row)
      if (oldest.length === REFRESHED) break
    }
    if (oldest.length > 0) tell(oldest)
    cancelBeat = clock.setTimer(heartbeatMs, beat)
  }

  const change = (id: string, update: (row: Row) => boolean): void => {
    const row = rows.get(id)
    if (row === undefined) return
    if (update(row)) tell([row])
    else dirty.add(row)
  }

  const polled = (id: string, status: PollerStatus, isOwn: boolean): void =>
    change(id, (row) => {
      const turned = row.status.state !== status.state || row.status.lastError?.message !== status.lastError?.message
      row.trail ??= createPollRing()
      row.trail.add(row.status, status)
      row.status = status
      row.isOwn = isOwn
      return turned
    })

  return {
    checked: (id, status) => polled(id, status, true),
    heard: (id, status) => polled(id, status, false),
    ownIds: () => [...rows.values()].filter(({ isOwn }) => isOwn).map(idOf),
    stored: (id, at) =>
      change(id, (row) => {
        row.revision = at?.revision ?? null
        row.changedAt = at?.changedAt ?? null
        return false
      }),
    retargeted: (target) =>
      change(target.id, (row) => {
        row.target = target
        return true
      }),
    polls: (id) => rows.get(id)?.trail?.marks() ?? [],
    regions: (team) => [...rows.values()].filter(({ target }) => team === undefined || target.key.team === team).map(regionOf),
    items: (team) => {
      const own = [...rows.values()].filter(({ target }) => target.key.team === team)
      return { regions: own.map(regionPut), pollers: own.map(pollerPut) }
    },
    start: () => {
      cancelBeat = clock.setTimer(heartbeatMs, beat)
    },
    stop: () => cancelBeat(),
  }
}
