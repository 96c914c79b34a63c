import { useQuery } from '@tanstack/react-query'
import { server } from '../live/server-address.ts'

/** What the page needs of `GET /api/v1/info`. */
export interface ServerInfo {
  readonly name: string
  readonly version: string
  /** The access policy's name. */
  readonly access: string
  readonly storage: string
  readonly historyDays: number
}

const loadInfo = async ({ signal }: { readonly signal: AbortSignal }): Promise<ServerInfo> => {
  const response = await fetch(server.pathOf('api/v1/info'), { signal })
  if (!response.ok) throw new Error(`The server answered ${response.status}.`)
  const info = (await response.json()) as {
    name: string
    version: string
    access: string
    adapters: { storage: string }
    retention: { historyDays: number }
  }
  return {
    name: info.name,
    version: info.version,
    access: info.access,
    storage: info.adapters.storage,
    historyDays: info.retention.historyDays,
  }
}

export const useInfo = () => useQuery({ queryKey: ['info'], queryFn: loadInfo, staleTime: 60_000 })
