import type { Client, Dehydrated } from '@sightline/client'

/** The lists that every page begins with; `services` and `regions` may be long. */
const TOPICS = ['services', 'regions'] as const

type Loaded = Dehydrated['topics'][number]

export interface FirstLoadOptions {
  /** The path of a topic's endpoint. */
  pathOf(endpoint: string): string
  /** After this the connection asks for itself, in ms. */
  readonly patienceMs: number
}

/**
 * Asks for the long lists over HTTP, where they come compressed, before the connection is opened: it then brings only what is newer. What does
 * not come in time, or is refused, the connection asks for. Never rejects.
 */
export const loadFirst = async (client: Pick<Client, 'hydrate'>, { pathOf, patienceMs }: FirstLoadOptions): Promise<void> => {
  const signal = AbortSignal.timeout(patienceMs)
  const load = async (topic: string): Promise<Loaded | null> => {
    const response = await fetch(pathOf(`api/v1/topics/${topic}`), { signal })
    return response.ok ? { topic, frame: (await response.json()) as Loaded['frame'], updatedAt: null } : null
  }
  const loads = await Promise.allSettled(TOPICS.map(load))
  client.hydrate({
    topics: loads.flatMap((result) => (result.status === 'fulfilled' && result.value !== null ? [result.value] : [])),
  })
}
