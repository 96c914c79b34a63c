import type { IndexQuery, Stored } from '../ports/collections.ts'
import type { Page, Scope } from '../ports/identity.ts'
import { listRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { INCIDENTS, type IncidentRecord } from './incident-record.ts'

export type StoredIncident = Stored<IncidentRecord>

/** Reads of incidents. Everything rejects as `StorageLink.run` does. */
export interface IncidentStore {
  /** null where there is none of the team. */
  load(team: string, id: string): Promise<StoredIncident | null>
  list(scope: Scope, query: IndexQuery): Promise<Page<StoredIncident>>
  /** At most `limit` of a listing, and whether that is all. */
  listUpTo(scope: Scope, query: Omit<IndexQuery, 'limit' | 'cursor'>, limit: number): Promise<IncidentListing>
  /** What stands under a key: the one that is not resolved, and the latest that was counted. */
  ofKey(team: string, key: string): Promise<{ readonly active: StoredIncident | null; readonly last: StoredIncident | null }>
}

export interface IncidentListing {
  readonly items: readonly StoredIncident[]
  readonly isAll: boolean
}

export const createIncidentStore = ({ link }: { readonly link: Pick<StorageLink, 'run'> }): IncidentStore => {
  const list: IncidentStore['list'] = (scope, query) => link.run((driver) => driver.collection(INCIDENTS).list(scope, query))

  return {
    load: async (team, id) => {
      const [stored] = await link.run((driver) => driver.collection(INCIDENTS).load({ team }, [id]))
      return stored ?? null
    },
    list,
    listUpTo: (scope, query, limit) => listRecords(link, INCIDENTS, { ...query, scope, most: limit }),
    ofKey: async (team, key) => {
      const [active, counted] = await Promise.all([
        list({ team }, { index: 'byActiveKey', equals: { key, isActive: true }, order: 'desc', limit: 1 }),
        list({ team }, { index: 'byKey', equals: { key }, order: 'desc', limit: 1 }),
      ])
      return { active: active.items[0] ?? null, last: counted.items[0] ?? null }
    },
  }
}
