import { SightlineError } from './errors.ts'
import { pause } from './pause.ts'
import { backoffMs } from './polling/backoff.ts'
import type { Bus, BusEvent } from './ports/bus.ts'
import type { Clock } from './ports/clock.ts'
import type { Head } from './ports/identity.ts'
import type { Logger } from './ports/logger.ts'
import { type Snapshot, snapshotId } from './ports/snapshots.ts'
import type { MetricsSnapshot } from './protocol/contract.ts'
import { topicKey } from './protocol/topic-key.ts'
import { createRareWarning } from './rare-warning.ts'
import type { Hub } from './topics/hub.ts'
import type { TopicChange } from './topics/topic-change.ts'

export interface RemoteEventsOptions {
  readonly bus: Bus
  /** Can nobody else be on the bus? Then nothing is put into words for it. */
  readonly isAlone: boolean
  readonly hub: Pick<Hub, 'find' | 'publish' | 'reload'>
  readonly origin: string
  readonly randomId: () => string
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** Another process stored a document, and `shown` is what clients see of it: null where it was too long to be carried. */
  onSnapshot(head: Head, shown: MetricsSnapshot | null): void
  /** The bus opened. */
  onOpened(): void
  /** Events may have been missed: what is shown is to be compared with storage. */
  onGap(): void
}

/** What this process tells the others, and learns from them. Hints: applied by version, and where that cannot be judged, read again. */
export interface RemoteEvents {
  /** Nobody else can be on the bus. */
  readonly isAlone: boolean
  readonly received: number
  /** Resolves when the bus is open, or has not opened for two seconds; it is tried on. Never rejects. */
  open(): Promise<void>
  /** A snapshot was stored here, and `shown` is what clients see of it. */
  snapshotStored(snapshot: Pick<Snapshot, 'key' | 'version'>, shown: MetricsSnapshot): void
  /** A topic changed here. */
  topicChanged(team: string, name: string, change: { readonly params?: unknown } & TopicChange): void
  /** Anything else that is not about one record. `payload` is JSON. */
  carry(type: string, payload: unknown): void
  /** Takes events of a type; one receiver each. */
  hear(type: string, receive: (payload: unknown) => void): void
  close(): void
}

const EVENT_FORM = 1
const SNAPSHOT_CHANGED = 'snapshot:changed'
const TOPIC_CHANGED = 'topic:changed'
/** Larger documents are not carried, in characters: who shows them reads them. */
const MAX_PAYLOAD = 65_536
const OPEN_PATIENCE_MS = 2_000

/** Another process's topics have no version that could be ordered here. */
const UNORDERED = { epoch: '', revision: 0 }
const NO_RECORD: Head = { id: '', team: '', version: UNORDERED }

interface CarriedChange {
  readonly name: string
  readonly change: { readonly params?: unknown } & TopicChange
}

export const createRemoteEvents = (options: RemoteEventsOptions): RemoteEvents => {
  const { bus, hub, origin, randomId, clock, logger } = options
  const closing = new AbortController()
  const receivers = new Map<string, (payload: unknown) => void>()
  const warnOfBus = createRareWarning({ clock, logger })
  const warnOfEvents = createRareWarning({ clock, logger })
  let received = 0

  /** A bus that breaks its promise never to throw harms nobody who publishes. */
  const send = (event: BusEvent): void => {
    const failed = (thrown: unknown): void => warnOfBus({ bus: bus.name, error: String(thrown) }, 'The bus failed on an event.')
    try {
      const result: unknown = bus.publish(event)
      if (result instanceof Promise) result.catch(failed)
    } catch (thrown) {
      failed(thrown)
    }
  }

  const publish = (type: string, head: Head, payload: unknown): void => {
    if (options.isAlone) return
    const text = JSON.stringify(payload)
    send({
      id: randomId(),
      origin,
      v: EVENT_FORM,
      type,
      head,
      at: clock.now(),
      ...(text.length <= MAX_PAYLOAD ? { payload: text } : {}),
    })
  }

  const topicChanged = ({ head, payload }: BusEvent): void => {
    const active = hub.find(head.team, head.id)
    if (active === null) return
    if (payload === undefined) void hub.reload(active)
    else {
      const { name, change } = JSON.parse(payload) as CarriedChange
      hub.publish(head.team, name, change)
    }
  }

  const receive = (event: BusEvent): void => {
    received++
    const other = receivers.get(event.type)
    try {
      // A type or form of a later version of this software: what it says is not known here.
      if (event.v !== EVENT_FORM) options.onGap()
      else if (event.type === SNAPSHOT_CHANGED) options.onSnapshot(event.head, shownIn(event))
      else if (event.type === TOPIC_CHANGED) topicChanged(event)
      else if (other !== undefined && event.payload !== undefined) other(JSON.parse(event.payload))
      else options.onGap()
    } catch (thrown) {
      warnOfEvents({ type: event.type, error: String(thrown) }, 'An event of another process could not be read.')
      options.onGap()
    }
  }

  const keepOpening = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        await bus.open({ origin, event: receive, gap: options.onGap })
        options.onOpened()
        if (attempt > 0) options.onGap()
        return
      } catch (thrown) {
        logger.warn({ code: SightlineError.from(thrown).code, bus: bus.name }, 'The bus did not open; it will be tried again.')
      }
      await pause(backoffMs({ attempt, baseMs: 500, capMs: 30_000, random: options.random }), {
        clock,
        signals: [closing.signal],
      })
    }
  }

  return {
    isAlone: options.isAlone,
    get received() {
      return received
    },
    open: async () => {
      const patience = new AbortController()
      const opened = keepOpening().then(() => patience.abort())
      await Promise.race([opened, pause(OPEN_PATIENCE_MS, { clock, signals: [patience.signal, closing.signal] })])
    },
    snapshotStored: ({ key, version }, shown) =>
      publish(SNAPSHOT_CHANGED, { id: snapshotId(key), team: key.team, version }, shown),
    topicChanged: (team, name, change) => {
      const { params = {} } = change
      const head = {
        id: topicKey(name, params as Record<string, unknown>),
        team,
        version: change.kind === 'state' ? change.version : UNORDERED,
      }
      publish(TOPIC_CHANGED, head, { name, change } satisfies CarriedChange)
    },
    carry: (type, payload) => publish(type, NO_RECORD, payload),
    hear: (type, receive) => void receivers.set(type, receive),
    close: () => closing.abort(),
  }
}

const shownIn = ({ payload }: BusEvent): MetricsSnapshot | null =>
  payload === undefined ? null : (JSON.parse(payload) as MetricsSnapshot)
