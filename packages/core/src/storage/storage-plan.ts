import { ALERT_COLLECTIONS } from '../alerts/alert-records.ts'
import { INCIDENT_COLLECTIONS } from '../incidents/incident-record.ts'
import { LOG_COLLECTIONS } from '../logs/logs-part.ts'
import { leaseDefinition } from '../memory/storage-leases.ts'
import { AUDIT } from '../operations/audit.ts'
import type { Plugins } from '../options.ts'
import { TARGETS } from '../polling/target-intervals.ts'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { StoragePlan } from '../ports/storage.ts'
import { RULES_COLLECTIONS } from '../rules/rule-records.ts'
import { SAMPLE_COLLECTIONS } from '../samples/create-samples-part.ts'
import { SERVICE_COLLECTIONS } from '../services/service-record.ts'
import { STORE_FORMAT } from '../version.ts'

/** The collections every Sightline has, whatever its plugins. */
export const CORE_COLLECTIONS: readonly CollectionDefinition<never>[] = [
  ...([AUDIT, TARGETS, leaseDefinition] as unknown as readonly CollectionDefinition<never>[]),
  ...SERVICE_COLLECTIONS,
  ...RULES_COLLECTIONS,
  ...INCIDENT_COLLECTIONS,
  ...ALERT_COLLECTIONS,
  ...LOG_COLLECTIONS,
  ...SAMPLE_COLLECTIONS,
]

/** A plan with everything that is known of its collections. */
export interface DefinedPlan extends StoragePlan {
  readonly collections: readonly CollectionDefinition<never>[]
}

/**
 * What a storage is connected with: for programs that work on a store without a running Sightline (backups, migrations).
 *
 * @example
 * const storage = sqliteStorage({ file: './data/sightline.db' })
 * await storage.connect(storagePlan(config.plugins))
 */
export const storagePlan = (plugins: Plugins = []): DefinedPlan => ({
  collections: [
    ...CORE_COLLECTIONS,
    ...plugins.flatMap(({ collections = [] }) => collections as unknown as readonly CollectionDefinition<never>[]),
  ],
  format: STORE_FORMAT,
})
