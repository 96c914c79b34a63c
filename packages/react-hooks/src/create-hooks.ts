import type { Contract } from '@sightline/client'
import { type ClientContext, createClientContext } from './client-context.ts'
import type { UseCoreClient } from './core-contract.ts'
import { createQueryOptions, type QueryOptions } from './query-options.ts'
import { createUseAlerts, type UseAlerts } from './use-alerts.ts'
import { createUseConnection, type UseConnection } from './use-connection.ts'
import { createUseIncident, type UseIncident } from './use-incident.ts'
import { createUseIncidents, type UseIncidents } from './use-incidents.ts'
import { createUseLogs, type UseLogs } from './use-logs.ts'
import { createUseMetrics, type UseMetrics } from './use-metrics.ts'
import { createUseMutation, type UseMutation } from './use-mutation.ts'
import { createUseService, type UseService } from './use-service.ts'
import { createUseServices, type UseServices } from './use-services.ts'
import { createUseSuspenseTopic, type UseSuspenseTopic } from './use-suspense-topic.ts'
import { createUseTopic, type UseTopic } from './use-topic.ts'

/** The hooks of one Sightline, typed by its contract. */
export interface Hooks<C extends Contract> extends ClientContext<C> {
  readonly useTopic: UseTopic<C>
  readonly useSuspenseTopic: UseSuspenseTopic<C>
  readonly useMutation: UseMutation<C>
  readonly useConnection: UseConnection
  readonly queryOptions: QueryOptions<C>
  readonly useServices: UseServices
  readonly useService: UseService
  readonly useMetrics: UseMetrics
  readonly useIncidents: UseIncidents
  readonly useIncident: UseIncident
  readonly useLogs: UseLogs
  readonly useAlerts: UseAlerts
}

/**
 * Hooks for one Sightline. `C` is `InferContract<typeof sightline>`; call it once, in a module of one's own.
 *
 * @example
 * export const { SightlineProvider, useTopic, useMutation, queryOptions } = createHooks<App>()
 */
export const createHooks = <C extends Contract = Contract>(): Hooks<C> => {
  const { SightlineProvider, useClient } = createClientContext<C>()
  // Whatever the configuration, core's operations and topics are among its own.
  const useCoreClient = useClient as unknown as UseCoreClient
  return {
    SightlineProvider,
    useClient,
    useTopic: createUseTopic(useClient),
    useSuspenseTopic: createUseSuspenseTopic(useClient),
    useMutation: createUseMutation(useClient),
    useConnection: createUseConnection(useClient),
    queryOptions: createQueryOptions<C>(),
    useServices: createUseServices(useCoreClient),
    useService: createUseService(useCoreClient),
    useMetrics: createUseMetrics(useCoreClient),
    useIncidents: createUseIncidents(useCoreClient),
    useIncident: createUseIncident(useCoreClient),
    useLogs: createUseLogs(useCoreClient),
    useAlerts: createUseAlerts(useCoreClient),
  }
}
