import { z } from 'zod'
import { SightlineError } from '../errors.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import type { CollectionDefinition, Stored } from '../ports/collections.ts'
import type { LogFilter } from '../protocol/logs.ts'
import { listAllRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'

const StoredFilter = z.looseObject({ name: z.string(), filter: z.looseObject({}) })

/** What is looked for often, under a name. */
export interface SavedFilter {
  readonly name: string
  readonly filter: LogFilter
}

export const LOG_FILTERS: CollectionDefinition<SavedFilter> = {
  name: 'core.logFilters',
  parse: (raw) => StoredFilter.parse(raw) as SavedFilter,
  indexes: { byName: ['name'] },
}

/** The filters of a team. */
export interface LogFilters {
  list(team: string): Promise<readonly SavedFilter[]>
  save(filter: SavedFilter, context: Pick<OperationContext, 'team' | 'commit'>): Promise<void>
  delete(name: string, context: Pick<OperationContext, 'team' | 'commit'>): Promise<boolean>
}

/** Of a team, at most. */
const MAX_FILTERS = 500
const ATTEMPTS = 5

export const createLogFilters = ({ link }: { readonly link: Pick<StorageLink, 'run'> }): LogFilters => {
  const find = async (team: string, name: string): Promise<Stored<SavedFilter> | null> => {
    const [found] = await link.run((driver) => driver.collection(LOG_FILTERS).load({ team }, [name]))
    return found ?? null
  }

  const list = async (team: string): Promise<readonly SavedFilter[]> => {
    const items = await listAllRecords(link, LOG_FILTERS, { scope: { team }, index: 'byName', equals: {}, order: 'asc' })
    return items.map(({ value: { name, filter } }) => ({ name, filter }))
  }

  /** Reads, decides, writes, and reads again where somebody else was faster. */
  const change = async (
    name: string,
    { team, commit }: Pick<OperationContext, 'team' | 'commit'>,
    decide: (stored: Stored<SavedFilter> | null) => Promise<SavedFilter | undefined | 'nothing'>,
  ): Promise<boolean> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const stored = await find(team, name)
      const value = await decide(stored)
      if (value === 'nothing') return false
      const outcome = await commit({ store: LOG_FILTERS.name, id: name, expected: stored?.version ?? null, value })
      if (outcome.ok) return true
    }
    throw new SightlineError('CONFLICT', 'The filter is being changed by somebody else.')
  }

  return {
    list,
    save: async (filter, context) => {
      await change(filter.name, context, async (stored) => {
        if (stored === null && (await list(context.team)).length >= MAX_FILTERS) {
          throw new SightlineError('TOO_LARGE', `A team keeps ${MAX_FILTERS} filters; delete one first.`)
        }
        return { ...stored?.value, ...filter }
      })
    },
    delete: (name, context) => change(name, context, async (stored) => (stored === null ? 'nothing' : undefined)),
  }
}
