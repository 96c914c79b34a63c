import type { CoreOperations, CoreTopics } from '@sightline/core/protocol'
import { createHooks } from '@sightline/react-hooks'

/** What this page knows of its server: every Sightline's own operations and topics, and apis that are only known at run time. */
export interface App {
  apis: Record<string, { region: string; data: unknown }>
  operations: CoreOperations
  topics: CoreTopics
}

export const {
  SightlineProvider,
  useTopic,
  useConnection,
  useClient,
  useMutation,
  queryOptions,
  useServices,
  useService,
  useMetrics,
  useIncidents,
  useIncident,
  useLogs,
  useAlerts,
} = createHooks<App>()
