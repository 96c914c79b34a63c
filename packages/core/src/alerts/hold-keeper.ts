import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Stored } from '../ports/collections.ts'
import type { Logger } from '../ports/logger.ts'
import type { Maintenance, Silence } from '../protocol/alerts.ts'
import { listAllRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { MAINTENANCE, SILENCES, type StoredMaintenance } from './alert-records.ts'
import { concerns, createMaintenanceWindows, type MaintenanceWindows } from './maintenance-window.ts'

/** What is muted and what is being worked on, of every team, as this process knows it: asked at any moment, without waiting. */
export interface HoldKeeper {
  silences(team: string): readonly Silence[]
  /** The work that goes on at this time and concerns the service. */
  maintenanceAt(
    team: string,
    service: { readonly name: string | null; readonly tags: readonly string[] },
    at: number,
  ): { readonly id: string; readonly to: number } | null
  /** Reads all of it again. Rejects where storage does not answer. */
  load(): Promise<void>
  stop(): void
}

export interface HoldKeeperOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  /** How often it is read again, whoever tells of changes, in ms. */
  readonly reloadMs: number
  /** It was read again. */
  onChange(): void
}

export const createHoldKeeper = ({ link, clock, logger, reloadMs, onChange }: HoldKeeperOptions): HoldKeeper => {
  let silencesByTeam = new Map<string, readonly Silence[]>()
  let workByTeam = new Map<string, readonly { readonly record: StoredMaintenance; readonly windows: MaintenanceWindows }[]>()
  let isStopped = false
  let cancel = (): void => {}
  let asked = 0

  const toWork = ({ value }: Stored<StoredMaintenance>) => {
    try {
      return [{ record: value, windows: createMaintenanceWindows(value) }]
    } catch (thrown) {
      logger.warn({ maintenance: value.id, code: SightlineError.from(thrown).code }, 'A maintenance cannot be read.')
      return []
    }
  }

  const load = async (): Promise<void> => {
    const mine = ++asked
    const [muted, work] = await Promise.all([
      listAllRecords(link, SILENCES, { scope: 'system', index: 'byEnd', equals: {}, range: { from: clock.now() }, order: 'asc' }),
      listAllRecords(link, MAINTENANCE, { scope: 'system', index: 'byTitle', equals: {}, order: 'asc' }),
    ])
    // Who asked later knows more.
    if (mine !== asked || isStopped) return
    silencesByTeam = new Map(
      [...Map.groupBy(muted, ({ team }) => team)].map(([team, of]) => [team, of.map(({ value }) => value)]),
    )
    workByTeam = new Map([...Map.groupBy(work, ({ team }) => team)].map(([team, of]) => [team, of.flatMap(toWork)]))
    onChange()
  }

  const again = (): void => {
    cancel()
    if (isStopped) return
    cancel = clock.setTimer(reloadMs, () => void keepLoaded())
  }

  const keepLoaded = async (): Promise<void> => {
    again()
    if (link.state !== 'up') return
    await load().catch((thrown) => {
      logger.debug({ code: SightlineError.from(thrown).code }, 'Silences and maintenance could not be read.')
    })
  }

  return {
    silences: (team) => silencesByTeam.get(team) ?? [],
    maintenanceAt: (team, service, at) => {
      for (const { record, windows } of workByTeam.get(team) ?? []) {
        if (!concerns(record, service)) continue
        const window = windows.next(at)
        if (window !== null && window.from <= at) return { id: record.id, to: window.to }
      }
      return null
    },
    load: () => {
      again()
      return load()
    },
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

/** A maintenance as it is shown. */
export const toMaintenance = (record: StoredMaintenance, now: number): Maintenance => ({
  ...record,
  next: createMaintenanceWindows(record).next(now),
})
