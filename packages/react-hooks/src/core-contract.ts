import type { Client, Contract } from '@sightline/client'
import type { CoreOperations, CoreTopics } from '@sightline/core/protocol'

/** What every Sightline has, whatever its configuration. */
export interface CoreContract extends Contract {
  operations: CoreOperations
  topics: CoreTopics
}

/** Where the client of a page is found; every one of them speaks core's part. */
export type UseCoreClient = () => Client<CoreContract>
