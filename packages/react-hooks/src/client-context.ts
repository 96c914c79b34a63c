import type { Client, Contract } from '@sightline/client'
import { createContext, createElement, type FunctionComponent, type ReactNode, useContext } from 'react'

/** Which client the components below are served by. */
export interface SightlineProviderProps<C extends Contract> {
  readonly client: Client<C>
  readonly children?: ReactNode
}

/** One client for a tree of components. */
export interface ClientContext<C extends Contract> {
  readonly SightlineProvider: FunctionComponent<SightlineProviderProps<C>>
  /** @throws Error outside of a provider. */
  readonly useClient: () => Client<C>
}

export const createClientContext = <C extends Contract>(): ClientContext<C> => {
  const Context = createContext<Client<C> | null>(null)
  return {
    // biome-ignore lint/correctness/noComponentHookFactories: made once for each contract, in a module
    SightlineProvider: ({ client, children }) => createElement(Context.Provider, { value: client }, children),
    useClient: () => {
      const client = useContext(Context)
      if (client === null) throw new Error('There is no client here: put <SightlineProvider client={client}> around it.')
      return client
    },
  }
}
