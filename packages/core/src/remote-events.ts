import type { Emitter } from './emitter.ts'
import { SightlineError } from './errors.ts'
import type { Bus, BusEvent } from './ports/bus.ts'
import type { Clock } from './ports/clock.ts'
import type { Head } from './ports/identity.ts'
import { fromSnapshotId } from './ports/snapshots.ts'
import type { MetricsSnapshot } from './protocol/contract.ts'
import type { Hub } from './topics/hub.ts'

export interface RemoteEventsOptions {
  readonly bus: Bus
  readonly hub: Pick<Hub, 'active' | 'publish' | 'reload'>
  readonly emitter: Emitter
  readonly origin: string
  readonly randomId: () => string
  readonly clock: Clock
  /** Events may have been missed. */
  onGap(): void
}

/** What this process tells the others, and learns from them. Hints: applied by version, and where that cannot be judged, read again. */
export interface RemoteEvents {
  readonly received: number
  /** Why the bus is not there. */
  readonly error: SightlineError | null
  open(): Promise<void>
  publish(event: { readonly type: string; readonly head: Head; readonly payload: unknown }): void
}

const EVENT_FORM = 1
/** Larger documents are not carried: who shows them reads them. */
const MAX_PAYLOAD = 65_536

export const createRemoteEvents = ({ bus, hub, emitter, origin, randomId, clock, onGap }: RemoteEventsOptions): RemoteEvents => {
  let received = 0
  let error: SightlineError | null = null

  const snapshotChanged = ({ head, payload }: BusEvent): void => {
    const key = fromSnapshotId(head.team, head.id)
    const shown = payload === undefined ? null : (JSON.parse(payload) as MetricsSnapshot)
    for (const active of hub.active) {
      if (active.name !== 'metrics' || active.team !== key.team || active.content.kind !== 'state') continue
      const { api, region } = active.params as { readonly api: string; readonly region: string }
      if (api !== key.api || region !== key.region) continue
      const known = active.content.room.version
      // Two epochs cannot be ordered: storage says which is the present one.
      if (shown === null || (known !== null && known.epoch !== head.version.epoch)) void hub.reload(active)
      else hub.publish(key.team, 'metrics', { params: { api, region }, kind: 'state', version: head.version, data: shown })
    }
    if (shown !== null) emitter.emit('snapshot:changed', shown, { origin: 'remote', provisional: false, key })
  }

  const receive = (event: BusEvent): void => {
    received++
    // A type or form of a later version of this software: what it says is not known here.
    if (event.type !== 'snapshot:changed' || event.v !== EVENT_FORM) onGap()
    else snapshotChanged(event)
  }

  return {
    get received() {
      return received
    },
    get error() {
      return error
    },
    open: async () => {
      try {
        await bus.open({ origin, event: receive, gap: onGap })
      } catch (thrown) {
        error = SightlineError.from(thrown)
      }
    },
    publish: ({ type, head, payload }) => {
      const text = JSON.stringify(payload)
      bus.publish({ id: randomId(), origin, v: EVENT_FORM, type, head, at: clock.now(), ...(text.length <= MAX_PAYLOAD ? { payload: text } : {}) })
    },
  }
}
