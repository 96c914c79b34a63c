import type { EnginePart } from '../engine-part.ts'
import type { Operation } from '../operations/define-operation.ts'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { LogInput, LogOperations, LogTopics } from '../protocol/logs.ts'
import type { RegisteredTopic } from '../topics/define-topic.ts'
import { createErrorGroups, ERROR_GROUPS } from './error-groups.ts'
import { createLineIds } from './line-ids.ts'
import { createLogFilters, LOG_FILTERS } from './log-filters.ts'
import { createLogIngest } from './log-ingest.ts'
import { logOperations } from './log-operations.ts'
import { createLogRate } from './log-rate.ts'
import { createLogRetention } from './log-retention.ts'
import { createLogSearch } from './log-search.ts'
import { createLogServices, LOG_SERVICES } from './log-services.ts'
import { createLogTail } from './log-tail.ts'
import { logTopics } from './log-topics.ts'
import { createLogVolume, LOG_VOLUME } from './log-volume.ts'
import { createLogWriter } from './log-writer.ts'
import type { LogsDependencies } from './logs-dependencies.ts'

export type { LogsDependencies, LogTailParams } from './logs-dependencies.ts'

/** Lines that did not get where they should, since the start. */
export interface LogCounters {
  readonly accepted: number
  readonly rejected: number
  readonly stored: number
  /** Of callers in process, who cannot be told to come again; and what storage refused. */
  readonly dropped: number
  /** What waits for storage. */
  readonly waiting: number
}

/** Logs: taken in, made safe, stored, searched, tailed, counted. */
export interface LogsPart extends EnginePart {
  readonly operations: { readonly [N in keyof LogOperations]: Operation }
  readonly topics: { readonly [N in keyof LogTopics]: RegisteredTopic }
  /** A line of this process. Never waits and never throws: what is no line, or has no room, is counted. */
  log(team: string, input: LogInput): void
  readonly counters: LogCounters
}

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 14
const DEFAULT_BUFFER_BYTES = 33_554_432
/** How often counts are stored, in ms. */
const COUNTS_MS = 5_000

/** Records that logs keep beside the lines. */
export const LOG_COLLECTIONS = [
  ERROR_GROUPS,
  LOG_VOLUME,
  LOG_SERVICES,
  LOG_FILTERS,
] as unknown as readonly CollectionDefinition<never>[]

/** Puts the room of logs together. Nothing runs before `start`. */
export const createLogsPart = (dependencies: LogsDependencies): LogsPart => {
  const { clock, link, logger, leadership, remote, randomId, redact = [] } = dependencies
  const keptMs = (dependencies.logsDays ?? DEFAULT_DAYS) * DAY_MS
  const counting = { link, clock, logger, randomId, keptMs }
  const groups = createErrorGroups(counting)
  const volume = createLogVolume(counting)
  const services = createLogServices(counting)
  const tail = createLogTail(dependencies)
  const rate = createLogRate({ clock, leadership, remote, observe: dependencies.observe })
  const retention = createLogRetention({
    link,
    leadership,
    clock,
    logger,
    keptMs,
    collections: LOG_COLLECTIONS.filter(({ expiresAt }) => expiresAt !== undefined),
  })
  const writer = createLogWriter({
    link,
    clock,
    random: dependencies.random,
    logger,
    maxBytes: dependencies.maxBufferedLogBytes ?? DEFAULT_BUFFER_BYTES,
  })
  const ingest = createLogIngest({
    clock,
    writer,
    keptMs,
    redact: redact.map((pattern) => (pattern.global ? pattern : new RegExp(pattern, `${pattern.flags}g`))),
    nextId: createLineIds(randomId),
    onLine: (team, line) => {
      tail.add(team, line)
      rate.add(team, line)
      volume.add(team, line)
      groups.add(team, line)
      services.seen(team, line.service, clock.now())
    },
  })

  let isOver = false
  let cancelCounts = (): void => {}
  const storeCounts = async (): Promise<void> => {
    await groups.flush()
    await volume.flush()
    await services.flush()
  }
  const storeCountsAgain = (): void => {
    cancelCounts = clock.setTimer(COUNTS_MS, () => void storeCounts().finally(() => isOver || storeCountsAgain()))
  }

  return {
    operations: logOperations({
      ingest,
      search: createLogSearch({ link, clock, keptMs }),
      volume,
      groups,
      services,
      filters: createLogFilters({ link }),
    }),
    topics: logTopics({ link, clock, keptMs, writer, tail }),
    log: ingest.takeOne,
    get counters() {
      return {
        accepted: ingest.accepted,
        rejected: ingest.rejected,
        stored: writer.stored,
        dropped: ingest.dropped + writer.refused,
        waiting: writer.waiting,
      }
    },
    start: () => {
      tail.start()
      rate.start()
      retention.start()
      storeCountsAgain()
    },
    storageUp: writer.storageUp,
    stop: async ({ timeoutMs }) => {
      if (isOver) return
      isOver = true
      tail.stop()
      rate.stop()
      retention.stop()
      cancelCounts()
      await writer.stop({ timeoutMs })
      if (link.state === 'up') await storeCounts()
      cancelCounts()
    },
  }
}
