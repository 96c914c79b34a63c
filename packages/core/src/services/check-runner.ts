import type { Sample } from '../domain/sample.ts'
import { SightlineError } from '../errors.ts'
import { offsetOf } from '../polling/due-time.ts'
import { DEFAULT_LANE, type TickRouter } from '../polling/tick-router.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Probe, ProbeKind } from '../ports/probe.ts'
import type { Schedule, Tick } from '../ports/scheduler.ts'
import { Checker, type CheckerContext } from './checker.ts'
import type { ServiceEntry, ServiceTurn } from './service-directory.ts'
import { checkOf, optionsOf } from './service-record.ts'

export interface CheckRunnerOptions {
  readonly ticks: Pick<TickRouter, 'put' | 'remove'>
  /** For services of the configuration. */
  readonly kinds: ReadonlyMap<string, ProbeKind<unknown>>
  /** For those entered while running: they keep to addresses that may be asked. */
  readonly guardedKinds: ReadonlyMap<string, ProbeKind<unknown>>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  observe(sample: Sample): void
  /** As of a checker. */
  readonly doubt?: CheckerContext['doubt']
}

/** Checks services in their rhythm: one schedule for each service and region, kept in step with what is in force. */
export interface CheckRunner {
  /** Checks and skips since the start, of this process. */
  readonly counts: { readonly checks: number; readonly skipped: number; readonly abandoned: number }
  /** From now on what is in force is checked here. */
  start(entries: Iterable<ServiceEntry>): Promise<void>
  /** Services came, changed or went. Never waits. */
  turned(turns: readonly ServiceTurn[]): void
  /** Checks a service in every region, in this process; what was observed. */
  checkNow(entry: ServiceEntry): Promise<readonly Sample[]>
  /** Breaks off what runs. */
  stop(): Promise<void>
}

const CHECK = 'check'
/** Who has just added one sees it soon, whatever its interval. */
const FIRST_WITHIN_MS = 10_000
const RETRY_MS = 5_000

interface Line {
  readonly entry: ServiceEntry
  readonly checker: Checker
}

/** The id of a check's schedule, the same in every process. */
const checkId = (team: string, service: string, region: string): string =>
  `check:${[team, service, region].map(encodeURIComponent).join('/')}`

export const createCheckRunner = (options: CheckRunnerOptions): CheckRunner => {
  const { ticks, clock, random, logger } = options
  const lines = new Map<string, Line>()
  /** What is being broken off, by schedule: its successor waits for it. */
  const endings = new Map<string, Promise<void>>()
  let isChecking = false
  let isStopped = false
  let checks = 0
  let past = { skipped: 0, abandoned: 0 }
  /** Puts and removals reach the scheduler one after another: the last word is the last that was said. */
  let scheduling: Promise<void> = Promise.resolve()
  /** Schedules that the scheduler has not taken, or not let go, yet. */
  const owed = new Set<string>()
  let cancelRetry = (): void => {}

  const observe = (sample: Sample): void => {
    checks++
    options.observe(sample)
  }

  const scheduleOf = (id: string, { team, name, service }: ServiceEntry, region: string): Schedule => ({
    id,
    kind: CHECK,
    payload: JSON.stringify({ team, service: name, region }),
    everyMs: service.intervalMs,
    offsetMs: offsetOf(id, service.intervalMs),
    lane: DEFAULT_LANE,
    firstWithinMs: FIRST_WITHIN_MS,
  })

  const context: CheckerContext = {
    clock,
    random,
    observe,
    ...(options.doubt === undefined ? {} : { doubt: options.doubt }),
    onUnopened: ({ team, service }, thrown) =>
      logger.warn(
        { service, team, code: SightlineError.from(thrown).code },
        'A check cannot be made; nothing is said of the service.',
      ),
  }

  const lineOf = (entry: ServiceEntry, region: string): Line => {
    const { team, name, service } = entry
    const plan = { team, service: name, region, timeoutMs: service.timeoutMs }
    const open = () => openProbe(entry, service.origin === 'config' ? options.kinds : options.guardedKinds)
    return { entry, checker: new Checker({ plan, context, open }) }
  }

  const close = (id: string, { checker }: Line): void => {
    past = { skipped: past.skipped + checker.skipped, abandoned: past.abandoned + checker.abandoned }
    const ended: Promise<void> = Promise.all([endings.get(id), checker.close()])
      .then(() => {})
      .catch((thrown: unknown) => logger.debug({ error: String(thrown) }, 'A probe did not close cleanly.'))
      .finally(() => {
        if (endings.get(id) === ended) endings.delete(id)
      })
    endings.set(id, ended)
  }

  const run = async (tick: Tick): Promise<void> => {
    const line = lines.get(tick.schedule.id)
    if (line === undefined)
      logger.debug({ schedule: tick.schedule.id }, 'A tick of a service that is not known here was skipped.')
    else await line.checker.run(tick)
  }

  const schedule = async (put: readonly Schedule[], removed: readonly string[]): Promise<void> => {
    for (const id of removed) owed.add(id)
    for (const { id } of put) owed.add(id)
    if (isStopped) return
    try {
      if (removed.length > 0) await ticks.remove(removed)
      if (put.length > 0) await ticks.put(put, run)
      for (const id of removed) owed.delete(id)
      for (const { id } of put) owed.delete(id)
    } catch (thrown) {
      logger.warn({ code: SightlineError.from(thrown).code }, 'Checks could not be scheduled; it will be tried again.')
      cancelRetry()
      cancelRetry = clock.setTimer(RETRY_MS, () => void scheduleOwed())
    }
  }

  const inOrder = (put: readonly Schedule[], removed: readonly string[]): Promise<void> => {
    scheduling = scheduling.then(() => schedule(put, removed))
    return scheduling
  }

  const scheduleOwed = (): Promise<void> => {
    const ids = [...owed]
    const put = ids.flatMap((id) => {
      const line = lines.get(id)
      return line === undefined ? [] : [scheduleOf(id, line.entry, line.checker.plan.region)]
    })
    return inOrder(
      put,
      ids.filter((id) => !lines.has(id)),
    )
  }

  const follow = (turns: readonly ServiceTurn[]): Promise<void> => {
    const put: Schedule[] = []
    const removed = new Set<string>()
    for (const { team, name, before, after } of turns) {
      const wanted = new Set(after === null ? [] : checkedRegions(after))
      for (const region of before?.service.regions ?? []) {
        const id = checkId(team, name, region)
        const line = lines.get(id)
        if (line === undefined || (after !== null && wanted.has(region) && isSameCheck(line.entry, after))) continue
        lines.delete(id)
        close(id, line)
        if (!wanted.has(region)) removed.add(id)
      }
      if (after === null) continue
      for (const region of wanted) {
        const id = checkId(team, name, region)
        const line = lines.get(id)
        if (line === undefined) lines.set(id, lineOf(after, region))
        else {
          line.checker.retime(after.service.timeoutMs)
          lines.set(id, { entry: after, checker: line.checker })
        }
        put.push(scheduleOf(id, after, region))
      }
    }
    return inOrder(put, [...removed])
  }

  const borrowed = async (entry: ServiceEntry, region: string): Promise<Sample | null> => {
    const id = checkId(entry.team, entry.name, region)
    await endings.get(id)
    const line = lines.get(id)
    if (line !== undefined) return line.checker.checkNow()
    const { checker } = lineOf(entry, region)
    try {
      return await checker.checkNow()
    } finally {
      await checker.close()
    }
  }

  return {
    get counts() {
      const own = [...lines.values()].map(({ checker }) => checker)
      return {
        checks,
        skipped: past.skipped + own.reduce((sum, { skipped }) => sum + skipped, 0),
        abandoned: past.abandoned + own.reduce((sum, { abandoned }) => sum + abandoned, 0),
      }
    },
    start: async (entries) => {
      isChecking = true
      await follow([...entries].map((entry) => ({ team: entry.team, name: entry.name, before: null, after: entry })))
    },
    turned: (turns) => {
      if (isChecking && !isStopped) void follow(turns)
    },
    checkNow: async (entry) => {
      const samples = await Promise.all(entry.service.regions.map((region) => borrowed(entry, region)))
      return samples.filter((sample) => sample !== null)
    },
    stop: async () => {
      isStopped = true
      cancelRetry()
      for (const [id, line] of lines) close(id, line)
      lines.clear()
      await Promise.all(endings.values())
    },
  }
}

/** From where a service is checked; nowhere while it is paused, or where it reports itself. */
const checkedRegions = ({ service, isChecked }: ServiceEntry): readonly string[] =>
  service.enabled && isChecked ? service.regions : []

/** Can the probe that is open go on? What it keeps open is worth keeping. */
const isSameCheck = (a: ServiceEntry, b: ServiceEntry): boolean =>
  a.probe === b.probe &&
  a.service.origin === b.service.origin &&
  JSON.stringify(checkOf(a.service)) === JSON.stringify(checkOf(b.service))

const openProbe = ({ service, probe }: ServiceEntry, kinds: ReadonlyMap<string, ProbeKind<unknown>>): Probe => {
  // Who made it closes it: it may be checked from several regions, and again after an edit.
  if (probe !== null) return { collect: (context) => probe.collect(context) }
  const check = checkOf(service)
  const kind = check === null ? undefined : kinds.get(check.kind)
  if (check === null || kind === undefined) throw new SightlineError('INVALID_CONFIG', 'There is no such kind of check here.')
  return kind.open(kind.parse(optionsOf(check)))
}
