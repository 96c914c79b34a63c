import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { Page } from '../ports/identity.ts'
import type { ErrorGroup, LogLine } from '../protocol/logs.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { SEVERITIES } from './severity.ts'
import { createTallyWriter, type TallyWriter, type TallyWriterOptions } from './tally-writer.ts'

const StoredGroup = z.looseObject({
  fingerprint: z.string(),
  service: z.string(),
  severity: z.enum(['debug', 'info', 'warn', 'error', 'fatal']),
  message: z.string(),
  count: z.number(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  expiresAt: z.number(),
})

export interface StoredErrorGroup extends ErrorGroup {
  readonly expiresAt: number
}

export const ERROR_GROUPS: CollectionDefinition<StoredErrorGroup> = {
  name: 'core.errorGroups',
  parse: (raw) => StoredGroup.parse(raw),
  indexes: { byTime: ['lastSeen'], byService: ['service', 'lastSeen'] },
  expiresAt: ({ expiresAt }) => expiresAt,
}

/** Of a group's message, in characters. */
const MAX_MESSAGE = 2_000
/** Kinds of errors between two writes; a sender whose every message is a kind of its own fills no store. */
const MAX_WAITING = 2_000

/** The later of two sets the message; the worse severity stays. */
const mergeGroups = (stored: StoredErrorGroup, added: StoredErrorGroup): StoredErrorGroup => ({
  ...stored,
  message: added.lastSeen >= stored.lastSeen ? added.message : stored.message,
  severity: SEVERITIES.indexOf(added.severity) > SEVERITIES.indexOf(stored.severity) ? added.severity : stored.severity,
  count: stored.count + added.count,
  firstSeen: Math.min(stored.firstSeen, added.firstSeen),
  lastSeen: Math.max(stored.lastSeen, added.lastSeen),
  expiresAt: Math.max(stored.expiresAt, added.expiresAt),
})

export interface GroupQuery {
  readonly service?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface ErrorGroups extends Pick<TallyWriter<StoredErrorGroup>, 'flush' | 'dropped'> {
  /** A line of no kind is none of an error. */
  add(team: string, line: LogLine): void
  /** Latest first. */
  list(team: string, query: GroupQuery): Promise<Page<ErrorGroup>>
}

export interface ErrorGroupsOptions
  extends Omit<TallyWriterOptions<StoredErrorGroup>, 'collection' | 'merge' | 'maxWaiting' | 'link'> {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  /** How long a group is kept after its last line, in ms. */
  readonly keptMs: number
}

export const createErrorGroups = (options: ErrorGroupsOptions): ErrorGroups => {
  const { link, keptMs } = options
  const tallies = createTallyWriter({ ...options, collection: ERROR_GROUPS, merge: mergeGroups, maxWaiting: MAX_WAITING })

  return {
    get dropped() {
      return tallies.dropped
    },
    flush: tallies.flush,
    add: (team, { fingerprint, service, severity, message, at }) => {
      if (fingerprint === null) return
      tallies.add(team, fingerprint, {
        fingerprint,
        service,
        severity,
        message: message.slice(0, MAX_MESSAGE).toWellFormed(),
        count: 1,
        firstSeen: at,
        lastSeen: at,
        expiresAt: at + keptMs,
      })
    },
    list: async (team, { service, from, to, limit, cursor }) => {
      const { items, next } = await link.run((driver) =>
        driver.collection(ERROR_GROUPS).list(
          { team },
          {
            index: service === undefined ? 'byTime' : 'byService',
            equals: service === undefined ? {} : { service },
            ...(from === undefined ? {} : { range: { from } }),
            order: 'desc',
            limit,
            ...(cursor === undefined ? {} : { cursor }),
          },
        ),
      )
      const groups = items.filter(({ value }) => to === undefined || value.firstSeen < to).map(({ value }) => toGroup(value))
      return { items: groups, next }
    },
  }
}

const toGroup = ({ fingerprint, service, severity, message, count, firstSeen, lastSeen }: StoredErrorGroup): ErrorGroup => ({
  fingerprint,
  service,
  severity,
  message,
  count,
  firstSeen,
  lastSeen,
})
