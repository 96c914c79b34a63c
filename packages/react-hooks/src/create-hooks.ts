import type { Contract } from '@sightline/client'
import { type ClientContext, createClientContext } from './client-context.ts'
import { createQueryOptions, type QueryOptions } from './query-options.ts'
import { createUseConnection, type UseConnection } from './use-connection.ts'
import { createUseMutation, type UseMutation } from './use-mutation.ts'
import { createUseSuspenseTopic, type UseSuspenseTopic } from './use-suspense-topic.ts'
import { createUseTopic, type UseTopic } from './use-topic.ts'

/** The hooks of one Sightline, typed by its contract. */
export interface Hooks<C extends Contract> extends ClientContext<C> {
  readonly useTopic: UseTopic<C>
  readonly useSuspenseTopic: UseSuspenseTopic<C>
  readonly useMutation: UseMutation<C>
  readonly useConnection: UseConnection
  readonly queryOptions: QueryOptions<C>
}

/**
 * Hooks for one Sightline. `C` is `InferContract<typeof sightline>`; call it once, in a module of one's own.
 *
 * @example
 * export const { SightlineProvider, useTopic, useMutation, queryOptions } = createHooks<App>()
 */
export const createHooks = <C extends Contract = Contract>(): Hooks<C> => {
  const { SightlineProvider, useClient } = createClientContext<C>()
  return {
    SightlineProvider,
    useClient,
    useTopic: createUseTopic(useClient),
    useSuspenseTopic: createUseSuspenseTopic(useClient),
    useMutation: createUseMutation(useClient),
    useConnection: createUseConnection(useClient),
    queryOptions: createQueryOptions<C>(),
  }
}
