import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'
import { listRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { createTallyWriter, type TallyWriter, type TallyWriterOptions } from './tally-writer.ts'

const StoredService = z.looseObject({ name: z.string(), lastSeen: z.number(), expiresAt: z.number() })

/** A service that sent lines. */
export interface LoggingService {
  readonly name: string
  /** To the hour or so. */
  readonly lastSeen: number
  readonly expiresAt: number
}

export const LOG_SERVICES: CollectionDefinition<LoggingService> = {
  name: 'core.logServices',
  parse: (raw) => StoredService.parse(raw),
  indexes: { byName: ['name'] },
  expiresAt: ({ expiresAt }) => expiresAt,
}

const HOUR_MS = 3_600_000
const MAX_WAITING = 2_000
/** Services that are remembered as written lately, and that are listed, at most. */
const MAX_SERVICES = 5_000

export interface LogServices extends Pick<TallyWriter<LoggingService>, 'flush'> {
  seen(team: string, name: string, at: number): void
  list(team: string): Promise<readonly string[]>
}

export interface LogServicesOptions
  extends Omit<TallyWriterOptions<LoggingService>, 'collection' | 'merge' | 'maxWaiting' | 'link'> {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  /** How long a service is listed after its last line, in ms. */
  readonly keptMs: number
}

export const createLogServices = (options: LogServicesOptions): LogServices => {
  const { link, keptMs } = options
  const lately = new Map<string, number>()
  const tallies = createTallyWriter({
    ...options,
    collection: LOG_SERVICES,
    maxWaiting: MAX_WAITING,
    merge: (stored, added) => ({
      ...stored,
      lastSeen: Math.max(stored.lastSeen, added.lastSeen),
      expiresAt: Math.max(stored.expiresAt, added.expiresAt),
    }),
  })

  return {
    flush: tallies.flush,
    seen: (team, name, at) => {
      const key = `${name} ${team}`
      if (at - (lately.get(key) ?? Number.NEGATIVE_INFINITY) < HOUR_MS) return
      if (lately.size >= MAX_SERVICES) lately.clear()
      lately.set(key, at)
      tallies.add(team, name, { name, lastSeen: at, expiresAt: at + HOUR_MS + keptMs })
    },
    list: async (team) => {
      const names = new Set(tallies.waiting(team).map(({ name }) => name))
      const { items } = await listRecords(link, LOG_SERVICES, {
        scope: { team },
        index: 'byName',
        equals: {},
        order: 'asc',
        most: MAX_SERVICES,
      })
      for (const { value } of items) names.add(value.name)
      return [...names].sort()
    },
  }
}
