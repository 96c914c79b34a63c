import { SightlineError } from '../errors.ts'
import { closedPeriod } from '../operations/closed-period.ts'
import { defineMutation, defineQuery, type Operation } from '../operations/define-operation.ts'
import type { LogFilter, LogOperations } from '../protocol/logs.ts'
import type { ErrorGroups } from './error-groups.ts'
import type { LogFilters, SavedFilter } from './log-filters.ts'
import type { LogIngest } from './log-ingest.ts'
import type { createLogSearch, LogSearch } from './log-search.ts'
import type { LogServices } from './log-services.ts'
import type { LogVolume } from './log-volume.ts'
import { logsSchemas as schemas } from './logs-schemas.ts'

export interface LogOperationDependencies {
  readonly ingest: LogIngest
  readonly search: ReturnType<typeof createLogSearch>
  readonly volume: Pick<LogVolume, 'load'>
  readonly groups: Pick<ErrorGroups, 'list'>
  readonly services: Pick<LogServices, 'list'>
  readonly filters: LogFilters
}

const LONGEST_VOLUME_MS = 400 * 86_400_000

const checkSpan = (from: number | undefined, to: number | undefined): void => {
  if (from === undefined || to === undefined || from < to) return
  throw new SightlineError('INVALID_INPUT', 'The time must begin before it ends.', {
    fields: [{ path: 'to', message: 'must be later than from' }],
  })
}

/** The group `logs`: what was written, found again. */
export const logOperations = ({
  ingest,
  search,
  volume,
  groups,
  services,
  filters,
}: LogOperationDependencies): { readonly [N in keyof LogOperations]: Operation } => ({
  'logs.search': defineQuery({
    permission: 'logs:view',
    summary:
      'Lines by service, severity, time, words, fields and trace, newest first. Answers within 200 ms with what was found by then.',
    input: schemas.searchInput,
    output: schemas.found,
    http: { method: 'GET', path: '/logs' },
    handle: (input, { team }) => {
      checkSpan(input.from, input.to)
      return search(team, input as LogSearch)
    },
  }),
  'logs.ingest': defineMutation({
    permission: 'logs:write',
    summary: 'Takes lines in, up to a thousand. Each is judged by itself; secrets are taken out before anything is stored.',
    input: schemas.ingestInput,
    output: schemas.ingested,
    handle: ({ entries }, { team, signal }) => ingest.takeAll(team, entries, signal),
  }),
  'logs.volume': defineQuery({
    permission: 'logs:view',
    summary: 'Lines by severity over time, at most 500 steps of whole minutes.',
    input: schemas.volumeInput,
    output: schemas.volume,
    http: { method: 'GET', path: '/logs/volume' },
    cached: closedPeriod,
    handle: (input, { team }) => {
      checkSpan(input.from, input.to)
      if (input.to - input.from > LONGEST_VOLUME_MS) throw new SightlineError('INVALID_INPUT', 'The time may span 400 days.')
      return volume.load(team, input)
    },
  }),
  'logs.errors': defineQuery({
    permission: 'logs:view',
    summary: 'Kinds of errors, the latest first: how often, and when first and last.',
    input: schemas.errorsInput,
    output: schemas.errors,
    http: { method: 'GET', path: '/logs/errors' },
    handle: (input, { team }) => groups.list(team, input),
  }),
  'logs.services': defineQuery({
    permission: 'logs:view',
    summary: 'Services that have lines.',
    input: schemas.nothing,
    output: schemas.services,
    http: { method: 'GET', path: '/logs/services' },
    handle: async (_, { team }) => ({ services: await services.list(team) }),
  }),
  'logFilters.list': defineQuery({
    permission: 'logs:view',
    summary: 'The saved filters of the team.',
    input: schemas.nothing,
    output: schemas.filters,
    http: { method: 'GET', path: '/log-filters' },
    handle: async (_, { team }) => ({
      items: (await filters.list(team)).map(({ name, filter }) => ({ name, filter: { ...filter } })),
      next: null,
    }),
  }),
  'logFilters.save': defineMutation({
    permission: 'logs:manage',
    summary: 'Saves a filter under a name, in the place of what is there.',
    input: schemas.savedFilterInput,
    output: schemas.savedFilter,
    http: { method: 'PUT', path: '/log-filters/:name' },
    handle: async ({ name, filter }, context) => {
      checkSpan(filter.from, filter.to)
      const saved: SavedFilter = { name, filter: filter as LogFilter }
      await filters.save(saved, context)
      return { name, filter }
    },
  }),
  'logFilters.delete': defineMutation({
    permission: 'logs:manage',
    summary: 'Forgets a saved filter.',
    input: schemas.filterName,
    output: schemas.deleted,
    http: { method: 'DELETE', path: '/log-filters/:name' },
    handle: async ({ name }, context) => ({ deleted: await filters.delete(name, context) }),
  }),
})
