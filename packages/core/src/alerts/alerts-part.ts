import type { AlertPlanner, Insert } from '../domain/incident-change.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Stored } from '../ports/collections.ts'
import type { Notifier } from '../ports/notifier.ts'
import type { Alert, AlertOperations, AlertTopics, Delivery, Route } from '../protocol/alerts.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { Journal } from '../storage/journal.ts'
import { RETRY_LIMITS, type RetryLimits } from './after-attempt.ts'
import { resolveHold } from './alert-holds.ts'
import { createAlertOperations } from './alert-operations.ts'
import { ALERTS, DELIVERIES } from './alert-records.ts'
import { routeOfAlert } from './alert-routing.ts'
import { createAlertTopics, MOST_SHOWN } from './alert-topics.ts'
import { type ChannelQueue, createChannelQueue, type QueuedDelivery } from './channel-queue.ts'
import { checkRoutes } from './checked-routes.ts'
import { toShownDelivery } from './delivery.ts'
import { createDispatcher, toTeamAlerts } from './dispatcher.ts'
import { createHoldKeeper, toMaintenance } from './hold-keeper.ts'
import { createHoldOperations } from './hold-operations.ts'
import { planAlerts } from './plan-alerts.ts'
import { createRecordPatches } from './record-patches.ts'
import { createShownRecords } from './shown-records.ts'
import type { ActiveIncident } from './stepless-alerts.ts'
import { toNotification } from './to-notification.ts'
import { type TeamAlert, withAlerts } from './unfinished.ts'

/** What the room of alerts needs beside the engine's own. */
export interface AlertsDeps extends EngineContext {
  readonly journal: Pick<Journal, 'write' | 'waiting' | 'onRefused'>
  /** By channel. */
  readonly notifiers: Readonly<Record<string, Notifier>>
  /** Default: everything to every channel. */
  readonly routes?: readonly Route[] | undefined
  /** Of one attempt. Default 10,000 ms. */
  readonly notifyTimeoutMs?: number
  readonly retry?: Partial<RetryLimits>
  /** The incidents of every team that are not resolved, as far as this process knows; empty before they are loaded. */
  activeIncidents(): readonly ActiveIncident[]
  /** One that is known, also when it is resolved. Default: none. */
  readonly incidentOf?: (team: string, id: string) => Incident | null
  /** Is one of the services that it depends on down? Default: never. */
  readonly isParentDown?: (team: string, service: string) => boolean
  /** Where an incident is shown: an absolute URL. Default: messages have no link. */
  readonly incidentUrl?: (team: string, incident: string) => string | null
}

/** Alerts, deliveries, silences and maintenance. */
export interface AlertsPart extends EnginePart, AlertPlanner {
  readonly operations: { readonly [N in keyof AlertOperations]: EnginePart['operations'][string] }
  readonly topics: { readonly [N in keyof AlertTopics]: EnginePart['topics'][string] }
  /** Is planned work going on for the service at this time (ms since the Unix epoch)? Never waits. */
  isInMaintenance(team: string, service: { readonly name: string; readonly tags: readonly string[] }, at: number): boolean
  /** An incident, a service or a parent has changed: what is held may be free. Never waits. */
  look(): void
}

const NOTIFY_TIMEOUT_MS = 10_000
const PLANNED = 'alerts:planned'
const DELIVERY = 'alerts:delivery'
const HOLDS = 'alerts:holds'
/** Silences and maintenance are read again that often; where no bus tells what other processes do, more often. In ms. */
const RELOAD_MS = 60_000
const UNTOLD_MS = 5_000
/** So many alerts fit into one event of the bus. */
const MOST_CARRIED = 25

/** Tells people what happens: by route and group, at least once, through one queue a channel. Throws `INVALID_CONFIG` for routes that cannot be. */
export const createAlertsPart = (deps: AlertsDeps): AlertsPart => {
  const { clock, random, randomId, logger, link, leadership, remote, publish, journal, notifiers } = deps
  const { routes, quietHoursOf } = checkRoutes(deps.routes, notifiers)
  const limits = { ...RETRY_LIMITS, ...deps.retry }
  const queues = new Map<string, ChannelQueue>()

  const shownAlerts = createShownRecords<Alert>({
    topic: 'alerts',
    clock,
    publish,
    isOpen: ({ status }) => status === 'waiting' || status === 'held',
    mostOver: MOST_SHOWN,
  })
  const shownDeliveries = createShownRecords<Delivery>({
    topic: 'deliveries',
    clock,
    publish,
    isOpen: () => false,
    mostOver: MOST_SHOWN,
  })
  const patches = { link, clock, randomId, logger }
  const alertPatches = createRecordPatches({ ...patches, definition: ALERTS, onStored: shownAlerts.put })
  const deliveryPatches = createRecordPatches({
    ...patches,
    definition: DELIVERIES,
    onStored: (record) => shownDeliveries.put({ ...record, value: toShownDelivery(record.value) }),
  })

  const holds = createHoldKeeper({
    ...{ link, clock, logger },
    reloadMs: remote.isAlone ? UNTOLD_MS : RELOAD_MS,
    onChange: () => dispatcher.look(),
  })

  const onAttempt = (queued: QueuedDelivery): void => {
    const { team, delivery } = queued
    deliveryPatches.patch(team, delivery.id, (stored) =>
      // Sent once more meanwhile: what became of the earlier round is history.
      stored.startedAt > delivery.startedAt ? stored : { ...stored, ...delivery },
    )
    if (delivery.status !== 'pending') dispatcher.settled(queued)
  }

  const queueOf = (channel: string): ChannelQueue | null => {
    const known = queues.get(channel)
    const notifier = Object.hasOwn(notifiers, channel) ? notifiers[channel] : undefined
    if (known !== undefined || notifier === undefined) return known ?? null
    const queue = createChannelQueue({
      channel,
      notifier,
      clock,
      random,
      logger,
      timeoutMs: deps.notifyTimeoutMs ?? NOTIFY_TIMEOUT_MS,
      limits,
      render: (queued) => toNotification(queued, { incidentUrl: deps.incidentUrl }),
      onAttempt,
    })
    queues.set(channel, queue)
    return queue
  }

  const send = (queued: QueuedDelivery): void => {
    const { team, delivery } = queued
    const queue = queueOf(delivery.channel)
    // A channel that was taken out of the configuration: it can be sent once more when it is back.
    if (queue === null) {
      onAttempt({
        ...queued,
        delivery: { ...delivery, status: 'dead', nextAttemptAt: null, lastError: 'There is no channel of this name.' },
      })
      return
    }
    queue.put(queued)
    deliveryPatches.look(team, delivery.id)
  }

  const dispatcher = createDispatcher({
    journal,
    link,
    clock,
    random,
    logger,
    routes,
    isLeading: () => leadership.isLeading,
    activeIncidents: deps.activeIncidents,
    incidentOf: deps.incidentOf ?? (() => null),
    hasChannel: (channel) => Object.hasOwn(notifiers, channel),
    holdOf: (team, alert) => {
      const now = clock.now()
      return resolveHold(alert, {
        silences: holds.silences(team),
        maintenance: (service) => holds.maintenanceAt(team, service, now),
        isParentDown: (service) => deps.isParentDown?.(team, service) ?? false,
        quietUntil: () => quietHoursOf(routeOfAlert(team, alert, routes))?.end(now, alert.severity) ?? null,
        now,
      })
    },
    patchAlert: alertPatches.patch,
    isSending: (team, { id, channel }) => queues.get(channel)?.has(team, id) ?? false,
    send,
  })

  const reloadHolds = async (): Promise<void> => {
    await holds.load().catch((thrown) => {
      logger.debug({ code: SightlineError.from(thrown).code }, 'Silences and maintenance could not be read.')
    })
  }

  /** Held back or released at once here; the others read it again. */
  const holdsChanged = (): void => {
    void reloadHolds()
    remote.carry(HOLDS, {})
  }

  const adopt = async (team: string, id: string): Promise<void> => {
    const [stored] = await link.run((driver) => driver.collection(DELIVERIES).load({ team }, [id]))
    if (stored?.value.status === 'pending') dispatcher.adopt([await withAlerts(link, stored)])
  }

  const deliveryMade = ({ team, id }: { readonly team: string; readonly id: string }): void => {
    deliveryPatches.look(team, id)
    if (!leadership.isLeading) {
      remote.carry(DELIVERY, { team, id })
      return
    }
    adopt(team, id).catch((thrown) => {
      logger.debug({ code: SightlineError.from(thrown).code }, 'A delivery will be found when storage is read again.')
    })
  }

  remote.hear(PLANNED, (payload) => dispatcher.admit(payload as readonly TeamAlert[]))
  remote.hear(DELIVERY, (payload) => {
    if (leadership.isLeading) deliveryMade(payload as { team: string; id: string })
  })
  remote.hear(HOLDS, () => void reloadHolds())
  // Of an alert or a delivery that is there already, both tell the same.
  journal.onRefused(ALERTS.name, () => null)
  journal.onRefused(DELIVERIES.name, () => null)

  const planned = (inserts: readonly Insert[]): void => {
    const alerts = toTeamAlerts(inserts)
    for (const { team, id } of inserts) alertPatches.look(team, id)
    if (leadership.isLeading) {
      dispatcher.admit(alerts)
      return
    }
    for (let start = 0; start < alerts.length; start += MOST_CARRIED) {
      remote.carry(PLANNED, alerts.slice(start, start + MOST_CARRIED))
    }
  }

  const turn = (isLeading: boolean): void => {
    if (isLeading) dispatcher.lead()
    else {
      dispatcher.follow()
      for (const queue of queues.values()) queue.clear()
    }
  }

  const topics = createAlertTopics({ link, clock })
  const putShown = <T>(topic: string, { team, id, version }: Stored<T>, value: unknown): void =>
    publish(team, topic, { kind: 'keyed', put: [[id, version, value]], drop: [] })
  let unsubscribe = (): void => {}
  let stopping: Promise<void> | null = null

  const close = async (): Promise<void> => {
    await Promise.all([alertPatches.stop(), deliveryPatches.stop()]).catch((thrown) => {
      logger.warn({ code: SightlineError.from(thrown).code }, 'What became of alerts was not all stored.')
    })
    shownAlerts.stop()
    shownDeliveries.stop()
    await Promise.allSettled(Object.values(notifiers).map(async (notifier) => notifier.close?.()))
  }

  return {
    operations: {
      ...createAlertOperations({ link, randomId, notifiers, routes, onDelivery: deliveryMade }),
      ...createHoldOperations({
        link,
        randomId,
        onSilence: (record) => {
          const { team, id, version, value } = record
          if (value.to > clock.now()) putShown('silences', record, value)
          else publish(team, 'silences', { kind: 'keyed', put: [], drop: [[id, version]] })
          holdsChanged()
        },
        onMaintenance: (record) => {
          putShown('maintenance', record, toMaintenance(record.value, clock.now()))
          holdsChanged()
        },
        onMaintenanceGone: (team, id, version) => {
          publish(team, 'maintenance', { kind: 'keyed', put: [], drop: [[id, version]] })
          holdsChanged()
        },
      }),
    },
    topics,
    start: () => {
      unsubscribe = leadership.subscribe(turn)
      if (leadership.isLeading) dispatcher.lead()
    },
    storageUp: () => {
      void reloadHolds()
      alertPatches.storageUp()
      deliveryPatches.storageUp()
      dispatcher.storageUp()
    },
    stop: ({ timeoutMs }) => {
      stopping ??= (async () => {
        unsubscribe()
        holds.stop()
        dispatcher.stop()
        for (const queue of queues.values()) queue.stop()
        const patience = new AbortController()
        await Promise.race([close().finally(() => patience.abort()), pause(timeoutMs, { clock, signals: [patience.signal] })])
        patience.abort()
      })()
      return stopping
    },
    plan: (change) => planAlerts(change, { routes }),
    planned,
    isInMaintenance: (team, service, at) => holds.maintenanceAt(team, service, at) !== null,
    look: () => dispatcher.look(),
  }
}
