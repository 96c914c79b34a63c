import type { Insert } from '../domain/incident-change.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Alert, Delivery, Route } from '../protocol/alerts.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { Journal } from '../storage/journal.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import type { Hold } from './alert-holds.ts'
import { createAlertQueue } from './alert-queue.ts'
import { routeOfAlert } from './alert-routing.ts'
import type { QueuedDelivery } from './channel-queue.ts'
import { planDue } from './due-alerts.ts'
import { createHandledKeys } from './handled-keys.ts'
import { createOutbox } from './outbox.ts'
import { alertId } from './plan-alerts.ts'
import { type ActiveIncident, createSteplessAlerts } from './stepless-alerts.ts'
import { createToldAlerts } from './told-alerts.ts'
import { loadUnfinished, type TeamAlert, type Unfinished, unfinishedIn } from './unfinished.ts'

export interface DispatcherOptions {
  readonly journal: Pick<Journal, 'write' | 'waiting'>
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly routes: readonly Route[]
  readonly isLeading: () => boolean
  activeIncidents(): readonly ActiveIncident[]
  /** One that is known, also when it is resolved. */
  incidentOf(team: string, id: string): Incident | null
  hasChannel(channel: string): boolean
  holdOf(team: string, alert: Alert): Hold | null
  patchAlert(team: string, id: string, change: (alert: Alert) => Alert): void
  /** Is the delivery in its channel's queue? */
  isSending(team: string, delivery: Pick<Delivery, 'id' | 'channel'>): boolean
  send(queued: QueuedDelivery): void
}

/** Decides, in the process that leads, what leaves when; and finds what others have left. */
export interface Dispatcher {
  /** These wait to be told. */
  admit(alerts: readonly TeamAlert[]): void
  /** These are to be sent, or sent once more. */
  adopt(deliveries: readonly QueuedDelivery[]): void
  /** A delivery was sent, or is dead. */
  settled(queued: QueuedDelivery): void
  /** Something that may hold or release alerts has changed. */
  look(): void
  /** This process leads now. */
  lead(): void
  /** Another one does. */
  follow(): void
  storageUp(): void
  stop(): void
}

/** How often is looked for what nobody told this process of. */
const RECONCILE_MS = 15_000
const RETRY_MS = 2_000
/** How soon is looked whether what is held is free. */
const LOOK_MS = 50

/** Alerts as they come out of a plan. */
export const toTeamAlerts = (inserts: readonly Insert[]): readonly TeamAlert[] =>
  inserts.map(({ team, value }) => ({ team, alert: value as Alert }))

export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { journal, link, clock, random, logger, routes, isLeading, activeIncidents, holdOf, patchAlert, send } = options
  const told = createToldAlerts({ link })
  const queue = createAlertQueue({ clock, patchAlert })
  /** Deliveries that were settled here, by when they were begun: one that is sent once more is begun anew. */
  const finished = createHandledKeys()
  let hasLoaded = false
  let isStopped = false
  let loading: Promise<void> | null = null
  let cancelTick = (): void => {}
  /** When the next look is planned, by the monotonic clock. */
  let tickAt = Number.POSITIVE_INFINITY
  let cancelReconcile = (): void => {}

  const keyOf = (team: string, id: string): string => JSON.stringify([team, id])

  const outbox = createOutbox({
    journal,
    clock,
    random,
    logger,
    onWritten: (made) => {
      if (isLeading()) send(made)
    },
    onSettled: (made) => markSettled(made),
  })

  const markSettled = ({ team, delivery }: QueuedDelivery): void => {
    if (delivery.kind === 'repeat' || delivery.kind === 'test' || delivery.status === 'pending') return
    const { status, id: delivered } = delivery
    for (const id of delivery.alerts) {
      queue.leave(team, id)
      patchAlert(team, id, (alert) =>
        alert.status === status && alert.delivery === delivered ? alert : { ...alert, status, heldBy: null, delivery: delivered },
      )
    }
  }

  const stepless = createSteplessAlerts({
    journal,
    clock,
    routes,
    told,
    activeIncidents,
    incidentOf: options.incidentOf,
    hasChannel: options.hasChannel,
    onMade: (insert) => admit(toTeamAlerts([insert])),
  })

  /** Many that come at once are looked at once. */
  const tickWithin = (delayMs: number): void => {
    const at = clock.monotonic() + delayMs
    if (isStopped || !isLeading() || tickAt <= at) return
    cancelTick()
    tickAt = at
    cancelTick = clock.setTimer(delayMs, tick)
  }

  const tickSoon = (): void => tickWithin(0)

  const tick = (): void => {
    cancelTick()
    tickAt = Number.POSITIVE_INFINITY
    if (isStopped || !isLeading()) return
    const now = clock.now()
    const active = new Map(activeIncidents().map(({ team, incident }) => [keyOf(team, incident.id), incident]))
    const plan = planDue({
      queued: queue.all(),
      told: told.all,
      mayBeTold: (team, { incident }) => !told.knows(team, incident),
      holdOf,
      routeOf: (team, alert) => routeOfAlert(team, alert, routes),
      isUnanswered: (team, incident) => active.get(keyOf(team, incident))?.acknowledgedAt === null,
      now,
    })
    for (const entry of plan.drop) {
      queue.leave(entry.team, entry.alert.id)
      patchAlert(entry.team, entry.alert.id, (alert) => ({ ...alert, status: 'dropped', heldBy: null }))
    }
    for (const { queued: entry, hold } of plan.hold) queue.hold(entry, hold.by)
    for (const entry of plan.release) queue.hold(entry, null)
    for (const made of plan.deliveries) {
      if (made.delivery.kind !== 'repeat') for (const { id } of made.alerts) queue.leave(made.team, id)
      told.tell(made.team, made.delivery, made.alerts)
      outbox.write(made)
    }
    told.prune((team, incident) => active.has(keyOf(team, incident)))
    const escalateAt = stepless.escalate()
    const nextAt = Math.min(plan.nextAt ?? Number.POSITIVE_INFINITY, escalateAt ?? Number.POSITIVE_INFINITY)
    // Not later than in a minute: the wall clock may be set.
    if (Number.isFinite(nextAt)) tickWithin(Math.min(60_000, Math.max(1, nextAt - clock.now())))
  }

  const admit = (alerts: readonly TeamAlert[]): void => {
    for (const entry of alerts) {
      const { team, alert } = entry
      if (alert.id === alertId(alert.incident, 1, alert.channel)) told.begin(team, alert.incident)
      queue.enter(entry)
    }
    const strange = alerts.filter(({ team, alert }) => !told.knows(team, alert.incident))
    if (strange.length === 0 || link.state !== 'up') {
      tickSoon()
      return
    }
    // What was told of them before is known a moment later; where storage does not say, it is assumed that something was.
    void learn(strange.map(({ team, alert }) => ({ team, incident: alert.incident }))).finally(tickSoon)
  }

  const learn = async (incidents: readonly { readonly team: string; readonly incident: string }[]): Promise<void> => {
    const each = new Map(incidents.map((entry) => [keyOf(entry.team, entry.incident), entry]))
    for (const { team, incident } of each.values()) {
      if (told.knows(team, incident)) continue
      await told.learn(team, incident).catch((thrown) => {
        logger.debug({ error: String(thrown) }, 'What was told of an incident is not known yet.')
      })
    }
  }

  const isFinished = (team: string, { id, channel, startedAt }: Delivery): boolean =>
    finished.has(JSON.stringify([team, id, startedAt])) || options.isSending(team, { id, channel })

  const adoptUnfinished = ({ alerts, deliveries }: Unfinished): void => {
    const waiting = new Map(alerts.map(({ team, alert }) => [keyOf(team, alert.id), alert]))
    for (const made of deliveries) {
      const { team, delivery } = made
      if (delivery.kind !== 'repeat') {
        for (const id of delivery.alerts) {
          const { waited, isNews } = queue.leave(team, id)
          const known = waited ?? waiting.get(keyOf(team, id))
          if (known === undefined || !isNews) continue
          told.tell(team, delivery, [known])
          if (delivery.status !== 'pending') markSettled({ ...made, delivery: { ...delivery, alerts: [id] } })
        }
      }
      if (delivery.status === 'pending' && !isFinished(team, delivery)) send(made)
    }
    admit(alerts)
  }

  const reconcile = async (): Promise<void> => {
    if (link.state === 'up') {
      const stored = await loadUnfinished(link)
      const spooled = hasLoaded ? { alerts: [], deliveries: [] } : unfinishedIn(journal.waiting)
      if (!isLeading()) return
      adoptUnfinished({
        alerts: [...stored.alerts, ...spooled.alerts],
        deliveries: [...stored.deliveries, ...spooled.deliveries],
      })
      await learn(activeIncidents().map(({ team, incident }) => ({ team, incident: incident.id })))
      hasLoaded = true
    } else if (!hasLoaded) adoptUnfinished(unfinishedIn(journal.waiting))
  }

  const reconcileAgain = (): void => {
    cancelReconcile()
    if (isStopped || !isLeading() || loading !== null) return
    let delayMs = RECONCILE_MS
    loading = reconcile()
      .catch((thrown) => {
        delayMs = RETRY_MS
        logger.debug({ error: String(thrown) }, 'What is to be told could not be read; it will be tried again.')
      })
      .finally(() => {
        loading = null
        if (isLeading() && !isStopped) stepless.endOrphans()
        tick()
        if (!isStopped && isLeading()) cancelReconcile = clock.setTimer(delayMs, reconcileAgain)
      })
  }

  const forget = (): void => {
    cancelTick()
    tickAt = Number.POSITIVE_INFINITY
    cancelReconcile()
    queue.clear()
    finished.clear()
    stepless.clear()
    told.clear()
    hasLoaded = false
  }

  return {
    admit: (alerts) => {
      if (isStopped || !isLeading()) return
      admit(alerts)
    },
    adopt: (deliveries) => {
      if (isStopped || !isLeading()) return
      for (const made of deliveries) if (!isFinished(made.team, made.delivery)) send(made)
    },
    settled: (queuedDelivery) => {
      const { team, delivery } = queuedDelivery
      finished.add(JSON.stringify([team, delivery.id, delivery.startedAt]))
      markSettled(queuedDelivery)
    },
    look: () => {
      // It is asked at every observation: only what waits can be held or released by it.
      if (queue.size > 0) tickWithin(LOOK_MS)
    },
    lead: reconcileAgain,
    follow: forget,
    storageUp: reconcileAgain,
    stop: () => {
      isStopped = true
      forget()
      outbox.stop()
    },
  }
}
