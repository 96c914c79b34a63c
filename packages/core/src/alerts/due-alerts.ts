import type { Alert, Delivery, Route } from '../protocol/alerts.ts'
import type { Hold } from './alert-holds.ts'
import { GROUP_INTERVAL_MS, GROUP_WAIT_MS, REPEAT_MS } from './alert-routing.ts'
import { type MadeDelivery, makeDelivery } from './delivery.ts'
import { type QueuedAlert, settleAlerts } from './settle-alerts.ts'

/** A channel knows that an incident fires. */
export interface Told {
  readonly team: string
  /** The alert it was told by. */
  readonly alert: Alert
  /** When it was last told so, ms since the Unix epoch. */
  readonly toldAt: number
}

export interface DueInput {
  readonly queued: readonly QueuedAlert[]
  readonly told: readonly Told[]
  /** Can it be that a channel was told of an incident that this process knows nothing of? */
  mayBeTold(team: string, alert: Alert): boolean
  holdOf(team: string, alert: Alert): Hold | null
  routeOf(team: string, alert: Alert): Route
  /** Is what was told of still to be repeated: does it fire, and has nobody acknowledged it? */
  isUnanswered(team: string, incident: string): boolean
  readonly now: number
}

/** What is to be done now, and when to look again at the latest (null: when something happens). */
export interface DuePlan {
  readonly drop: readonly QueuedAlert[]
  readonly hold: readonly { readonly queued: QueuedAlert; readonly hold: Hold }[]
  /** Was held and is no longer. */
  readonly release: readonly QueuedAlert[]
  /** In the order in which they are to leave. */
  readonly deliveries: readonly MadeDelivery[]
  readonly nextAt: number | null
}

/** Longer ones become several. */
const MOST_ALERTS = 1_000
/** How often is asked whether a parent is still down. */
const ASK_AGAIN_MS = 5_000
const KINDS = ['firing', 'flapping', 'steady', 'resolved'] as const

const pairOf = (team: string, { channel, incident }: Alert): string => JSON.stringify([team, channel, incident])
const bucketOf = (team: string, { channel, group }: Alert): string => JSON.stringify([team, channel, group])

const isBegin = ({ kind }: Alert): boolean => kind === 'firing' || kind === 'flapping'

/** Decides what leaves now: pairs beginnings with ends, holds what is held, groups the rest, and repeats what nobody has answered. */
export const planDue = (input: DueInput): DuePlan => {
  const { queued, told, now, routeOf, holdOf } = input
  const toldByPair = new Map(told.map((entry) => [pairOf(entry.team, entry.alert), entry]))
  const toldByBucket = Map.groupBy(told, (entry) => bucketOf(entry.team, entry.alert))
  const drop: QueuedAlert[] = []
  const hold: { queued: QueuedAlert; hold: Hold }[] = []
  const release: QueuedAlert[] = []
  const deliveries: MadeDelivery[] = []
  let nextAt = Number.POSITIVE_INFINITY
  const look = (at: number): void => {
    nextAt = Math.min(nextAt, at)
  }

  const groupToldAt = (team: string, alert: Alert): number | null => {
    // What was told later than now was told before the wall clock was set back: how long ago nobody knows.
    const group = toldByBucket.get(bucketOf(team, alert))?.filter(({ toldAt }) => toldAt <= now) ?? []
    return group.length === 0 ? null : Math.max(...group.map(({ toldAt }) => toldAt))
  }

  const dueAt = ({ team, alert, seenAt }: QueuedAlert): number => {
    const route = routeOf(team, alert)
    const waited = Math.min(alert.at, seenAt) + (route.groupWaitMs ?? GROUP_WAIT_MS)
    const lastAt = isBegin(alert) ? groupToldAt(team, alert) : null
    return lastAt === null ? waited : Math.max(waited, lastAt + (route.groupIntervalMs ?? GROUP_INTERVAL_MS))
  }

  const free: QueuedAlert[] = []
  for (const [pair, ofPair] of Map.groupBy(queued, ({ team, alert }) => pairOf(team, alert))) {
    const before = toldByPair.get(pair)
    const [one] = ofPair
    const settled = settleAlerts(ofPair, {
      wasTold: before !== undefined || (one !== undefined && input.mayBeTold(one.team, one.alert)),
      isFlapping: before === undefined || before.alert.kind === 'flapping',
      dueAt,
    })
    drop.push(...settled.drop)
    for (const entry of settled.keep) {
      const held = holdOf(entry.team, entry.alert)
      if (held === null) {
        if (entry.alert.status === 'held') release.push(entry)
        free.push(entry)
        continue
      }
      hold.push({ queued: entry, hold: held })
      look(held.until ?? now + ASK_AGAIN_MS)
    }
  }

  const tell = (team: string, kind: Delivery['kind'], alerts: readonly Alert[], of: string): void => {
    for (let start = 0; start < alerts.length; start += MOST_ALERTS) {
      const [first, ...rest] = alerts.slice(start, start + MOST_ALERTS)
      if (first !== undefined) deliveries.push(makeDelivery({ team, kind, alerts: [first, ...rest], of, now }))
    }
  }

  for (const bucket of Map.groupBy(free, ({ team, alert }) => bucketOf(team, alert)).values()) {
    const leaving = [bucket.filter(({ alert }) => isBegin(alert)), bucket.filter(({ alert }) => !isBegin(alert))].flatMap(
      (entries) => {
        // The first of them decides for all: who comes later leaves with it.
        const at = Math.min(...entries.map(dueAt))
        if (at <= now) return entries
        look(at)
        return []
      },
    )
    for (const kind of KINDS) {
      const ofKind = leaving.filter(({ alert }) => alert.kind === kind)
      const [first] = ofKind
      if (first !== undefined)
        tell(
          first.team,
          kind,
          ofKind.map(({ alert }) => alert),
          'told',
        )
    }
  }

  const toldNow = new Set(deliveries.map(({ team, delivery }) => JSON.stringify([team, delivery.channel, delivery.group])))
  for (const [bucket, entries] of toldByBucket) {
    const repeated = dueRepeat(entries, input)
    if (repeated === null) continue
    // What is new of the group says that it goes on; the repeat waits for its next turn.
    if (repeated.at > now || toldNow.has(bucket)) look(Math.max(repeated.at, now + 1))
    else if (repeated.alerts.length > 0) tell(repeated.team, 'repeat', repeated.alerts, `repeat ${repeated.since}`)
    else look(now + ASK_AGAIN_MS)
  }

  return { drop, hold, release, deliveries, nextAt: Number.isFinite(nextAt) ? nextAt : null }
}

const dueRepeat = (entries: readonly Told[], { now, routeOf, holdOf, isUnanswered }: DueInput) => {
  const unanswered = entries.filter(({ team, alert }) => isUnanswered(team, alert.incident))
  const [first] = unanswered
  if (first === undefined) return null
  const everyMs = routeOf(first.team, first.alert).repeatMs ?? REPEAT_MS
  if (everyMs <= 0) return null
  const since = Math.max(...entries.map(({ toldAt }) => toldAt))
  const at = since + everyMs
  const alerts = at > now ? [] : unanswered.filter(({ team, alert }) => holdOf(team, alert) === null).map(({ alert }) => alert)
  return { team: first.team, at, since, alerts }
}
