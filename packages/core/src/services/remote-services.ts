import type { RemoteEvents } from '../remote-events.ts'
import type { ShownService } from './service-row.ts'

export interface RemoteServicesOptions {
  readonly remote: Pick<RemoteEvents, 'isAlone' | 'carry' | 'hear'>
  /** What was judged here. */
  own(): readonly ShownService[]
  heard(shown: ShownService): void
  /** A record was written elsewhere: storage says which. */
  onChanged(): void
}

/** How the services are doing that another process judges, and what others enter: what one learns, all show. */
export interface RemoteServices {
  /** These were judged here. */
  shown(services: readonly ShownService[]): void
  /** A record was written here. */
  changed(): void
  /** Asks what was judged elsewhere. */
  ask(): void
}

const SHOWN = 'services:shown'
const ASKED = 'services:asked'
const CHANGED = 'services:changed'
/** Characters in one event: what is longer than 65,536 is not carried. */
const LONGEST = 60_000

export const createRemoteServices = ({ remote, own, heard, onChanged }: RemoteServicesOptions): RemoteServices => {
  const shown: RemoteServices['shown'] = (services) => {
    if (remote.isAlone) return
    let batch: ShownService[] = []
    let length = 0
    const send = (): void => {
      if (batch.length > 0) remote.carry(SHOWN, { services: batch })
      batch = []
      length = 0
    }
    for (const service of services) {
      const whole = JSON.stringify(service).length
      // Its numbers are worth less than how it is.
      const carried = whole > LONGEST ? { ...service, values: {} } : service
      const size = whole > LONGEST ? JSON.stringify(carried).length : whole
      if (length + size > LONGEST) send()
      batch.push(carried)
      length += size + 1
    }
    send()
  }

  remote.hear(SHOWN, (payload) => {
    for (const service of (payload as { readonly services: readonly ShownService[] }).services) heard(service)
  })
  remote.hear(ASKED, () => shown(own()))
  remote.hear(CHANGED, onChanged)

  return { shown, changed: () => remote.carry(CHANGED, {}), ask: () => remote.carry(ASKED, {}) }
}
