import type { LogEntry, LogQuery } from '@sightline/core/ports'
import { alter, type Fault, fault } from './fault.ts'

const named = (...titles: readonly string[]): readonly string[] => titles.map((title) => `logs: ${title}`)

const newest = 'lines come back newest first, every field of them'
const span = 'the span is inclusive at from and exclusive at to'
const severity = 'by least severity'
const terms = 'by terms, all of them, each whole and literally'
const everyCondition = 'every given condition must hold'
const listed = 'every team that has lines is listed once'
const budget = 'a search that runs out of time stops with what it has and goes on from there'

/** Searches with some conditions left to the fault: reads everything in the span and filters it by itself. */
const filtered = (breaks: string, noticedBy: readonly string[], matches: (entry: LogEntry, query: LogQuery) => boolean): Fault =>
  fault(breaks, named(...noticedBy), (driver) => ({
    logs: {
      search: async (scope, query) => {
        const { service: _, minSeverity: __, terms: ___, ...open } = query
        const { items, next } = await driver.logs.search(scope, open)
        return { items: items.filter((entry) => matches(entry, query)), next }
      },
    },
  }))

const holds = (entry: LogEntry, { service, minSeverity = 0, terms: wanted = [] }: LogQuery): boolean =>
  (service === undefined || entry.service === service) &&
  entry.severity >= minSeverity &&
  wanted.every((term) => entry.terms.includes(term))

/** Log lines that are lost, doubled, or found where they should not be. */
export const logFaults: readonly Fault[] = [
  fault('a team with dots in its name is not listed', named(listed), (driver) => ({
    logs: {
      teams: async (page) => {
        const { items, next } = await driver.logs.teams(page)
        return { items: items.filter((team) => !team.includes('.')), next }
      },
    },
  })),
  fault('a team is listed twice', named(listed), (driver) => ({
    logs: {
      teams: async (page) => {
        const { items, next } = await driver.logs.teams(page)
        return { items: next === null ? [...items, ...items].slice(0, page.limit) : items, next }
      },
    },
  })),
  {
    breaks: 'a line that is written twice is there twice',
    noticedBy: named('an id that is there already is left alone'),
    wrap: () => {
      let count = 0
      const real = (entry: LogEntry): LogEntry => ({ ...entry, id: entry.id.split('#')[0] ?? '' })
      return (driver) =>
        alter(driver, {
          logs: {
            append: (scope, entries) =>
              driver.logs.append(
                scope,
                entries.map((entry) => ({ ...entry, id: `${entry.id}#${++count}` })),
              ),
            search: async (scope, query) => {
              const { items, next } = await driver.logs.search(scope, query)
              return { items: items.map(real), next }
            },
          },
        })
    },
  },

  {
    breaks: 'a line that is there already is overwritten',
    noticedBy: named('an id that is there already is left alone'),
    wrap: () => {
      const last = new Map<string, LogEntry>()
      return (driver) =>
        alter(driver, {
          logs: {
            append: async (scope, entries) => {
              for (const entry of entries) last.set(`${JSON.stringify(scope)}${entry.id}`, entry)
              await driver.logs.append(scope, entries)
            },
            search: async (scope, query) => {
              const { items, next } = await driver.logs.search(scope, query)
              return { items: items.map((entry) => last.get(`${JSON.stringify(scope)}${entry.id}`) ?? entry), next }
            },
          },
        })
    },
  },

  fault('lines come back oldest first', named(newest), (driver) => ({
    logs: {
      search: async (scope, query) => {
        const { items, next } = await driver.logs.search(scope, query)
        return { items: items.toReversed(), next }
      },
    },
  })),

  fault('severities are not stored', named(newest, everyCondition), (driver) => ({
    logs: {
      append: (scope, entries) =>
        driver.logs.append(
          scope,
          entries.map((entry) => ({ ...entry, severity: 9 })),
        ),
    },
  })),

  fault('the start of the span is exclusive', named(span), (driver) => ({
    logs: { search: (scope, query) => driver.logs.search(scope, { ...query, from: query.from + 1 }) },
  })),
  fault('the end of the span is inclusive', named(span), (driver) => ({
    logs: { search: (scope, query) => driver.logs.search(scope, { ...query, to: query.to + 1 }) },
  })),

  filtered(
    'services match from their start',
    ['by service'],
    (entry, { service, ...query }) => holds(entry, query) && entry.service.startsWith(service ?? ''),
  ),
  filtered('services are not looked at', ['by service', everyCondition], (entry, { service: _, ...query }) =>
    holds(entry, query),
  ),
  filtered(
    'least severity is exclusive',
    [severity, everyCondition],
    (entry, { minSeverity = 0, ...query }) => holds(entry, query) && entry.severity > minSeverity,
  ),
  filtered('severities are not looked at', [severity, everyCondition], (entry, { minSeverity: _, ...query }) =>
    holds(entry, query),
  ),
  filtered(
    'severities are compared as texts',
    [severity],
    (entry, { minSeverity, ...query }) => holds(entry, query) && String(entry.severity) >= String(minSeverity ?? ''),
  ),
  filtered(
    'one term of several is enough',
    [terms],
    (entry, { terms: wanted = [], ...query }) =>
      holds(entry, query) && (wanted.length === 0 || wanted.some((term) => entry.terms.includes(term))),
  ),
  filtered(
    'terms match from their start',
    [terms],
    (entry, { terms: wanted = [], ...query }) =>
      holds(entry, query) && wanted.every((term) => entry.terms.some((own) => own.startsWith(term))),
  ),
  filtered('terms are patterns', [terms], (entry, { terms: wanted = [], ...query }) => {
    const matchesTerm = (term: string, own: string): boolean => own === term || (term === 'di%' && own.startsWith('di'))
    return holds(entry, query) && wanted.every((term) => entry.terms.some((own) => matchesTerm(term, own)))
  }),
  filtered('terms are not looked at', [terms, everyCondition], (entry, { terms: _, ...query }) => holds(entry, query)),

  fault('a search that runs out of time says that it is done', named(budget), (driver) => ({
    logs: {
      search: async (scope, query) => (query.budgetMs > 0 ? driver.logs.search(scope, query) : { items: [], next: null }),
    },
  })),
  fault('a search that runs out of time goes on past what it has not found', named(budget), (driver) => ({
    logs: {
      search: async (scope, query) => {
        const page = await driver.logs.search(scope, query)
        if (query.budgetMs > 0) return page
        return { items: page.items, next: (await driver.logs.search(scope, { ...query, limit: 2, budgetMs: 10_000 })).next }
      },
    },
  })),

  fault(
    'acknowledged lines are lost',
    [
      ...named(newest),
      'lifecycle: what was written is there after a restart',
      'recovery: killed with SIGKILL while it writes: nothing acknowledged is lost, nothing stays half done',
    ],
    () => ({
      logs: { append: async () => {} },
    }),
  ),
]
