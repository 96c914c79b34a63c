import type { Sample } from '../domain/sample.ts'
import type { ServiceEvaluation } from '../domain/service-evaluation.ts'
import type { Clock } from '../ports/clock.ts'
import type { Version } from '../ports/identity.ts'
import type { KeyedPut } from '../protocol/frame.ts'
import type { ServiceDetail, ServiceStatus, ServiceView } from '../protocol/services.ts'
import { topicKey } from '../protocol/topic-key.ts'
import type { Hub } from '../topics/hub.ts'
import type { ServiceTurn } from './service-directory.ts'
import {
  detailOf,
  freshRow,
  hasTurned,
  isSameListing,
  isSameStanding,
  keepValues,
  listingOf,
  type ServiceRow,
  type ShownService,
  shownOf,
  standingOf,
  statusOf,
  viewOf,
} from './service-row.ts'

/** How every service is doing: the items of the topic `services`, and the states of `service`. */
export interface ServiceBoard {
  /** Services came, changed or went. */
  turned(turns: readonly ServiceTurn[]): void
  /** Judged in this process. */
  show(team: string, name: string, verdict: ServiceEvaluation): void
  /** Judged in another process. */
  heard(shown: ShownService): void
  /** Read from storage: of use where nothing later is known. */
  recalled(shown: Pick<ShownService, 'team' | 'name' | 'at'> & ServiceEvaluation): void
  counted(team: string, name: string, openIncidents: number): void
  sampled(sample: Sample): void
  view(team: string, name: string): ServiceView | null
  /** Of a team, by name. */
  views(team: string): readonly ServiceView[]
  items(team: string): readonly KeyedPut[]
  /** With all there is to edit, and its version. */
  state(team: string, name: string): { readonly version: Version; readonly data: ServiceDetail } | null
  /** What was judged here, for the others. */
  own(): readonly ShownService[]
  statuses(): Readonly<Record<string, number>>
  start(): void
  stop(): void
}

export interface ServiceBoardOptions {
  readonly clock: Clock
  /** Names this process's count of editions. */
  readonly epoch: string
  readonly heartbeatMs: number
  readonly hub: Pick<Hub, 'publish' | 'find'>
  /** Is it this process that judges? */
  isLeading(): boolean
  /** Tells the other processes what was judged here. */
  report(shown: readonly ShownService[]): void
  /** The status of a service as a whole, or of a region, is another. */
  onStatus(
    view: ServiceView,
    change: { readonly team: string; readonly before: ServiceStatus; readonly shown: ShownService; readonly isOwn: boolean },
  ): void
}

/** Unchanged items refreshed per heartbeat, at most: with more services, each is refreshed less often. */
const REFRESHED = 100
/** What turns within so long after news goes out in one message, in ms. */
const GATHER_MS = 50

/**
 * A status that turns is told at once, and what turns together in one message. What only shows that a service is alive (times, latencies) goes
 * out with a heartbeat, oldest first and bounded.
 */
export const createServiceBoard = (options: ServiceBoardOptions): ServiceBoard => {
  const { clock, epoch, heartbeatMs, hub } = options
  const teams = new Map<string, Map<string, ServiceRow>>()
  const urgent = new Set<ServiceRow>()
  const dropped = new Map<string, Map<string, number>>()
  const dirty = new Set<ServiceRow>()
  /** Judged before it was known here: who enters a service and who judges it need not be one process. */
  const early = new Map<string, ShownService>()
  let editions = 1
  let toldAt = Number.NEGATIVE_INFINITY
  let isGathering = false
  let isStopped = false
  let cancelBeat = (): void => {}
  let cancelGathering = (): void => {}

  const rowOf = (team: string, name: string): ServiceRow | undefined => teams.get(team)?.get(name)

  /** Who led before has nothing to say any more. */
  const isJudgedHere = ({ isOwn }: ServiceRow): boolean => isOwn && options.isLeading()

  const putOf = (row: ServiceRow): KeyedPut => [row.entry.name, { epoch, revision: row.edition }, viewOf(row)]

  const stateOf = (row: ServiceRow) => ({ version: { epoch, revision: row.revision }, data: detailOf(row) })

  const publishDetail = (row: ServiceRow): void => {
    const { team, name } = row.entry
    const params = { name }
    if (hub.find(team, topicKey('service', params)) !== null)
      hub.publish(team, 'service', { params, kind: 'state', ...stateOf(row) })
  }

  /** Is there anything new to a list? Numbers alone are not in it. */
  const isListed = (row: ServiceRow): boolean => {
    const next = listingOf(row)
    if (row.told !== null && isSameListing(row.told, next)) return false
    row.told = next
    row.edition = row.revision
    return true
  }

  const tell = (rows: readonly ServiceRow[]): void => {
    for (const row of rows) {
      row.revision = ++editions
      dirty.delete(row)
      urgent.delete(row)
    }
    const groups = Map.groupBy(rows.filter(isListed), ({ entry }) => entry.team)
    for (const team of new Set([...groups.keys(), ...dropped.keys()])) {
      const drop = [...(dropped.get(team) ?? [])].map(([name, revision]) => [name, { epoch, revision }] as const)
      hub.publish(team, 'services', { kind: 'keyed', put: (groups.get(team) ?? []).map(putOf), drop })
    }
    dropped.clear()
    for (const row of rows) publishDetail(row)
    const own = rows.filter(isJudgedHere)
    if (own.length > 0) options.report(own.map(shownOf))
  }

  const tellUrgent = (): void => {
    isGathering = false
    if (urgent.size === 0 && dropped.size === 0) return
    toldAt = clock.monotonic()
    tell([...urgent])
  }

  /** Alone at once, many together: the first is told within this turn of the event loop. */
  const hurry = (): void => {
    if (isGathering || isStopped) return
    isGathering = true
    const waitMs = toldAt + GATHER_MS - clock.monotonic()
    if (waitMs > 0) cancelGathering = clock.setTimer(waitMs, tellUrgent)
    else queueMicrotask(tellUrgent)
  }

  const beat = (): void => {
    const oldest: ServiceRow[] = []
    for (const row of dirty) {
      oldest.push(row)
      if (oldest.length === REFRESHED) break
    }
    if (oldest.length > 0) tell(oldest)
    if (!isStopped) cancelBeat = clock.setTimer(heartbeatMs, beat)
  }

  const changed = (row: ServiceRow, isUrgent: boolean): void => {
    if (isUrgent) {
      urgent.add(row)
      hurry()
    } else dirty.add(row)
  }

  const judge = (
    row: ServiceRow,
    verdict: ServiceEvaluation,
    { at, isOwn }: { readonly at: number; readonly isOwn: boolean },
  ): void => {
    const before = standingOf(row)
    // Who has just taken over has seen nothing yet: what was known stands until then.
    const isUnknowing = verdict.status === 'waiting' && row.at > 0 && !row.isOwn
    if (isUnknowing && before.status !== 'paused') return
    row.verdict = verdict
    row.at = at
    row.isOwn = isOwn
    const after = standingOf(row)
    const isTurn = hasTurned(before, after)
    if (!isSameStanding(before, after)) changed(row, isTurn)
    if (isTurn) options.onStatus(viewOf(row), { team: row.entry.team, before: before.status, shown: shownOf(row), isOwn })
  }

  const heard: ServiceBoard['heard'] = (shown) => {
    const row = rowOf(shown.team, shown.name)
    if (row === undefined) {
      early.set(JSON.stringify([shown.team, shown.name]), shown)
      for (const oldest of early.keys()) {
        if (early.size <= 10 * REFRESHED) break
        early.delete(oldest)
      }
      return
    }
    if (isJudgedHere(row)) return
    const hasCount = row.openIncidents !== shown.openIncidents
    row.openIncidents = shown.openIncidents
    for (const [region, values] of Object.entries(shown.values)) row.values.set(region, values)
    judge(row, { status: shown.status, since: shown.since, regions: shown.regions }, { at: shown.at, isOwn: false })
    if (hasCount) changed(row, true)
  }

  const turned: ServiceBoard['turned'] = (turns) => {
    for (const { team, name, after } of turns) {
      const row = rowOf(team, name)
      if (after === null) {
        if (row === undefined) continue
        teams.get(team)?.delete(name)
        urgent.delete(row)
        dirty.delete(row)
        const gone = dropped.get(team) ?? new Map<string, number>()
        dropped.set(team, gone.set(name, ++editions))
        hurry()
      } else if (row === undefined) {
        const rows = teams.get(team) ?? new Map<string, ServiceRow>()
        const fresh = freshRow(after, ++editions)
        teams.set(team, rows.set(name, fresh))
        dropped.get(team)?.delete(name)
        changed(fresh, true)
        const key = JSON.stringify([team, name])
        const shown = early.get(key)
        early.delete(key)
        if (shown !== undefined) heard(shown)
      } else {
        row.entry = after
        changed(row, true)
      }
    }
  }

  const rows = function* (): Iterable<ServiceRow> {
    for (const team of teams.values()) yield* team.values()
  }
  const ofTeam = (team: string): readonly ServiceRow[] =>
    [...(teams.get(team)?.values() ?? [])].sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1))

  return {
    turned,
    heard,
    show: (team, name, verdict) => {
      const row = rowOf(team, name)
      if (row !== undefined) judge(row, verdict, { at: clock.now(), isOwn: true })
    },
    recalled: ({ team, name, at, status, since, regions }) => {
      const row = rowOf(team, name)
      if (row !== undefined && at > row.at) judge(row, { status, since, regions }, { at, isOwn: false })
    },
    counted: (team, name, openIncidents) => {
      const row = rowOf(team, name)
      if (row === undefined || row.openIncidents === openIncidents) return
      row.openIncidents = openIncidents
      changed(row, true)
    },
    sampled: ({ team, service, region, values }) => {
      const row = rowOf(team, service)
      if (row === undefined) return
      keepValues(row, region, values)
      changed(row, false)
    },
    view: (team, name) => {
      const row = rowOf(team, name)
      return row === undefined ? null : viewOf(row)
    },
    views: (team) => ofTeam(team).map(viewOf),
    items: (team) => ofTeam(team).map(putOf),
    state: (team, name) => {
      const row = rowOf(team, name)
      return row === undefined ? null : stateOf(row)
    },
    own: () => [...rows()].filter(isJudgedHere).map(shownOf),
    statuses: () => {
      const counts: Record<string, number> = {}
      for (const row of rows()) {
        const status = statusOf(row.entry.service.enabled, row.verdict.status)
        counts[status] = (counts[status] ?? 0) + 1
      }
      return counts
    },
    start: () => {
      cancelBeat = clock.setTimer(heartbeatMs, beat)
    },
    stop: () => {
      isStopped = true
      cancelBeat()
      cancelGathering()
    },
  }
}
