import type { Clock } from '../ports/clock.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { LogLine } from '../protocol/logs.ts'
import type { RemoteEvents } from '../remote-events.ts'
import type { LogsDependencies, LogTailParams } from './logs-dependencies.ts'
import { SEVERITIES } from './severity.ts'

export interface LogTailOptions extends Pick<LogsDependencies, 'watched' | 'tell'> {
  readonly clock: Clock
  readonly remote: Pick<RemoteEvents, 'isAlone' | 'carry' | 'hear'>
  readonly origin: string
}

/** Tells live tails, here and in other processes, of lines as they come in: each as many as a reader can read. */
export interface LogTail {
  /** Lines that no tail showed, because they came faster than they are shown. */
  readonly skipped: number
  add(team: string, line: LogLine): void
  /** Somebody here has begun to watch: the others are told at once. */
  began(team: string, params: LogTailParams): void
  start(): void
  stop(): void
}

interface Watch {
  readonly team: string
  readonly params: LogTailParams
}

const GATHER_MS = 200
/** Of one tail and one gathering: two hundred a second. */
const SHOWN = 40
/** Lines of one gathering that are kept for it, at most. */
const GATHERED = 2_000
const ANNOUNCE_MS = 10_000
/** Others are believed to watch for so long after they said so. */
const BELIEVED_MS = 35_000
const MAX_REMOTE_WATCHES = 1_000
/** Of one event between processes, in characters; a line that is longer goes without its fields and most of its message. */
const EVENT_LENGTH = 48_000
const SHORTENED = 2_000

const LINES = 'logs:lines'
const WATCHING = 'logs:watching'

const fits = ({ service, minSeverity }: LogTailParams, line: LogLine): boolean =>
  (service === undefined || line.service === service) &&
  (minSeverity === undefined || SEVERITIES.indexOf(line.severity) >= SEVERITIES.indexOf(minSeverity))

/** As many as are shown: errors before all others, then the newest; in their order. */
const pickShown = (lines: readonly LogLine[], limit: number): readonly LogLine[] => {
  if (lines.length <= limit) return lines
  const isBad = ({ severity }: LogLine): boolean => severity === 'error' || severity === 'fatal'
  const bad = lines.filter(isBad).slice(-limit)
  const rest = lines.filter((line) => !isBad(line))
  const shown = new Set([...bad, ...rest.slice(rest.length - Math.min(rest.length, limit - bad.length))])
  return lines.filter((line) => shown.has(line))
}

const shorten = (line: LogLine): LogLine =>
  JSON.stringify(line).length <= EVENT_LENGTH / 4
    ? line
    : { ...line, message: `${line.message.slice(0, SHORTENED)}…`.toWellFormed(), fields: {} }

const inEvents = (lines: readonly LogLine[]): readonly (readonly LogLine[])[] => {
  const events: LogLine[][] = [[]]
  let length = 0
  for (const line of lines.map(shorten)) {
    const own = JSON.stringify(line).length
    if (length + own > EVENT_LENGTH) {
      events.push([])
      length = 0
    }
    length += own
    events.at(-1)?.push(line)
  }
  return events
}

export const createLogTail = ({ clock, remote, origin, watched, tell }: LogTailOptions): LogTail => {
  let gathered = new Map<string, LogLine[]>()
  /** By the process's own name and what it watches. */
  const elsewhere = new Map<string, Watch & { untilMs: number }>()
  let skipped = 0
  /** Lines that were not even gathered, by team. */
  let missed = new Map<string, number>()
  let cancelGather: (() => void) | null = null
  let cancelAnnounce = (): void => {}
  let isOver = false

  const watchedElsewhere = (): readonly Watch[] => {
    const now = clock.monotonic()
    for (const [key, { untilMs }] of elsewhere) if (untilMs <= now) elsewhere.delete(key)
    return [...elsewhere.values()]
  }

  /** Tells this process's own tails. `left` is how many are known to be left out already. */
  const show = (team: string, lines: readonly LogLine[], left: number): void => {
    for (const watch of watched()) {
      if (watch.team !== team) continue
      const fitting = lines.filter((line) => fits(watch.params, line))
      if (fitting.length === 0) continue
      const shown = pickShown(fitting, SHOWN)
      const dropped = fitting.length - shown.length + left
      skipped += dropped
      tell(team, 'logs', {
        kind: 'log',
        params: watch.params,
        entries: shown,
        cursor: String(clock.now()),
        ...(dropped === 0 ? {} : { dropped }),
      })
    }
  }

  const carry = (team: string, lines: readonly LogLine[], left: number, watches: readonly Watch[]): void => {
    const wanted = new Set<LogLine>()
    for (const { params } of watches.filter((watch) => watch.team === team)) {
      const fitting = lines.filter((line) => fits(params, line))
      for (const line of pickShown(fitting, SHOWN)) wanted.add(line)
    }
    if (wanted.size === 0) return
    const dropped = left
    for (const [index, part] of inEvents(lines.filter((line) => wanted.has(line))).entries()) {
      remote.carry(LINES, { team, lines: part, dropped: index === 0 ? dropped : 0 })
    }
  }

  const flush = (): void => {
    cancelGather = null
    const [current, left] = [gathered, missed]
    gathered = new Map()
    missed = new Map()
    const others = remote.isAlone ? [] : watchedElsewhere()
    for (const [team, lines] of current) {
      show(team, lines, left.get(team) ?? 0)
      if (others.length > 0) carry(team, lines, left.get(team) ?? 0, others)
    }
  }

  const announce = (watches: readonly Watch[]): void => {
    if (watches.length > 0) remote.carry(WATCHING, { origin, watches: watches.slice(0, 200) })
  }

  const announceAgain = (): void => {
    announce([...watched()].map(({ team, params }) => ({ team, params })))
    cancelAnnounce = clock.setTimer(ANNOUNCE_MS, announceAgain)
  }

  const hearWatching = (payload: unknown): void => {
    if (!isRecord(payload) || !Array.isArray(payload.watches)) return
    for (const watch of payload.watches as readonly Watch[]) {
      const key = JSON.stringify([payload.origin, watch])
      if (elsewhere.size >= MAX_REMOTE_WATCHES && !elsewhere.has(key)) return
      elsewhere.set(key, { ...watch, untilMs: clock.monotonic() + BELIEVED_MS })
    }
  }

  const hearLines = (payload: unknown): void => {
    if (!isRecord(payload) || typeof payload.team !== 'string' || !Array.isArray(payload.lines)) return
    show(payload.team, payload.lines as readonly LogLine[], Number(payload.dropped ?? 0))
  }

  return {
    get skipped() {
      return skipped
    },
    add: (team, line) => {
      if (isOver) return
      const lines = gathered.get(team)
      if (lines === undefined) gathered.set(team, [line])
      else if (lines.length < GATHERED) lines.push(line)
      else missed.set(team, (missed.get(team) ?? 0) + 1)
      cancelGather ??= clock.setTimer(GATHER_MS, flush)
    },
    began: (team, params) => {
      if (!remote.isAlone) announce([{ team, params }])
    },
    start: () => {
      if (remote.isAlone) return
      remote.hear(WATCHING, hearWatching)
      remote.hear(LINES, hearLines)
      cancelAnnounce = clock.setTimer(ANNOUNCE_MS, announceAgain)
    },
    stop: () => {
      isOver = true
      cancelGather?.()
      cancelAnnounce()
    },
  }
}
