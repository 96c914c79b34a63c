import type { CoreOperations, CoreTopics } from '@sightline/core/protocol'
import { createHooks } from '@sightline/react-hooks'

/** What this page knows of its server: every Sightline's own operations and topics, and apis that are only known at run time. */
export interface App {
  apis: Record<string, { region: string; data: unknown }>
  operations: CoreOperations
  topics: CoreTopics
}

/** One target, as routes and calls name it. */
export interface TargetRef {
  readonly api: string
  readonly region: string
}

export const toTargetKey = ({ api, region }: TargetRef): string => `${api}\n${region}`

export const { SightlineProvider, useTopic, useConnection, useClient, useMutation, queryOptions } = createHooks<App>()
