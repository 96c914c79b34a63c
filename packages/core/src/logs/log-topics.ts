import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { LogLine, LogTopics } from '../protocol/logs.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { defineTopic, type RegisteredTopic } from '../topics/define-topic.ts'
import { toLine } from './log-entry.ts'
import type { LogTail } from './log-tail.ts'
import type { LogWriter } from './log-writer.ts'
import type { LogTailParams } from './logs-dependencies.ts'
import { logsSchemas as schemas } from './logs-schemas.ts'
import { leastNumberOf, SEVERITIES } from './severity.ts'

export interface LogTopicDependencies {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Clock
  readonly keptMs: number
  readonly writer: Pick<LogWriter, 'unstored'>
  readonly tail: Pick<LogTail, 'began'>
}

/** Lines of the newest page. */
const PAGE = 100
/** Lines that are caught up with, at most: who missed more begins anew. */
const CAUGHT_UP = 500
const BUDGET_MS = 200
const AHEAD_MS = 600_000
/** Lines may come in so long after their time and still be told of to who comes back. */
const LATE_MS = 10_000

/** The topic `logs`: a live tail. */
export const logTopics = ({
  link,
  clock,
  keptMs,
  writer,
  tail,
}: LogTopicDependencies): { readonly [N in keyof LogTopics]: RegisteredTopic } => {
  const isWanted =
    ({ service, minSeverity }: LogTailParams, from: number) =>
    (line: LogLine): boolean =>
      line.at >= from &&
      (service === undefined || line.service === service) &&
      (minSeverity === undefined || SEVERITIES.indexOf(line.severity) >= SEVERITIES.indexOf(minSeverity))

  const read = async (team: string, params: LogTailParams, { from, limit }: { from: number; limit: number }) => {
    const { service, minSeverity } = params
    const unstored = writer.unstored(team).filter(isWanted(params, from))
    const page = await link.run((driver) =>
      driver.logs.search(
        { team },
        {
          from,
          to: clock.now() + AHEAD_MS,
          limit,
          budgetMs: BUDGET_MS,
          ...(service === undefined ? {} : { service }),
          ...(minSeverity === undefined ? {} : { minSeverity: leastNumberOf(minSeverity) }),
        },
      ),
    )
    const lines = new Map([...page.items].reverse().map((entry) => [entry.id, toLine(entry)]))
    for (const line of unstored) lines.set(line.id, line)
    return { lines: [...lines.values()], isAll: page.next === null }
  }

  return {
    logs: defineTopic({
      kind: 'log',
      permission: 'logs:view',
      params: schemas.tail,
      data: schemas.lines,
      load: async (given, { team, since }) => {
        const params = given as LogTailParams
        tail.began(team, params)
        const now = clock.now()
        if (since === undefined) {
          const { lines } = await read(team, params, { from: now - keptMs, limit: PAGE })
          return { entries: lines.slice(-PAGE), cursor: String(now) }
        }
        const place = /^\d{1,15}$/.test(since) ? Number(since) : Number.NaN
        if (!(place <= now + AHEAD_MS)) throw new SightlineError('INVALID_INPUT', 'The cursor is not one of this log.')
        const { lines, isAll } = await read(team, params, { from: place - LATE_MS, limit: CAUGHT_UP })
        if (!isAll) throw new SightlineError('INVALID_INPUT', 'More lines were missed than are told again.')
        const newest = lines.reduce((latest, { at }) => Math.max(latest, at), place)
        return { entries: lines, cursor: String(Math.max(place, Math.min(newest, now))) }
      },
    }),
  }
}
