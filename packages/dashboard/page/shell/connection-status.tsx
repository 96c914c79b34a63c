import type { RegionStatus } from '@sightline/core/protocol'
import { LoaderCircle, Unplug } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useClient, useConnection, useTopic } from '../live/app.ts'
import { Age } from '../ui/age.tsx'
import { Button } from '../ui/button.tsx'
import { cn } from '../ui/class-names.ts'

type Reach = 'live' | 'connecting' | 'reconnecting' | 'offline'

const labels: Record<Reach, string> = { live: 'Live', connecting: 'Connecting', reconnecting: 'Reconnecting', offline: 'Offline' }

const useReach = (): Reach => {
  const { status } = useConnection()
  const isOnline = useIsOnline()
  if (status === 'connected') return 'live'
  if (status === 'closed' || !isOnline) return 'offline'
  return status === 'reconnecting' ? 'reconnecting' : 'connecting'
}

const useIsOnline = (): boolean => {
  const [isOnline, setIsOnline] = useState(navigator.onLine)
  useEffect(() => {
    const read = () => setIsOnline(navigator.onLine)
    window.addEventListener('online', read)
    window.addEventListener('offline', read)
    return () => {
      window.removeEventListener('online', read)
      window.removeEventListener('offline', read)
    }
  }, [])
  return isOnline
}

const toLastCheck = (regions: readonly RegionStatus[]): number | null =>
  regions.reduce<number | null>((last, { checkedAt }) => (checkedAt !== null && checkedAt > (last ?? 0) ? checkedAt : last), null)

/** When something was last heard of any region. */
const useLastCheck = (): number | null => useTopic('regions', undefined, { select: toLastCheck }).data ?? null

/** Always in sight: is what the page shows live, and how old is it. */
export const ConnectionStatus = () => {
  const reach = useReach()
  const lastCheck = useLastCheck()
  return (
    <p
      role="status"
      data-reach={reach}
      className={cn(
        'flex h-7 items-center gap-2 rounded-full px-2.5 text-xs font-semibold whitespace-nowrap',
        reach === 'live' ? 'bg-up-soft text-up' : reach === 'offline' ? 'bg-fail-soft text-fail' : 'bg-late-soft text-late',
      )}
    >
      {reach === 'live' ? (
        <span aria-hidden className="size-1.5 rounded-full bg-up" />
      ) : reach === 'offline' ? (
        <Unplug aria-hidden className="size-3.5" />
      ) : (
        <LoaderCircle aria-hidden className="size-3.5 animate-spin" />
      )}
      {labels[reach]}
      {lastCheck === null ? null : (
        <span aria-hidden className="hidden font-normal sm:inline">
          <Age at={lastCheck} />
        </span>
      )}
    </p>
  )
}

/** While the server is away: what is still shown, and how old it is. */
export const ConnectionBanner = () => {
  const reach = useReach()
  const { error } = useConnection()
  const client = useClient()
  const lastCheck = useLastCheck()
  if (reach === 'live' || (reach === 'connecting' && lastCheck === null && error === null)) return null
  return (
    <div
      className={cn(
        'flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2 sm:px-6',
        reach === 'offline' ? 'bg-fail-soft text-fail' : 'bg-late-soft text-late',
      )}
    >
      <p className="font-medium">
        {reach === 'offline' ? 'The server cannot be reached.' : 'Connecting to the server again.'}{' '}
        {lastCheck === null ? null : (
          <>
            What you see is from <Age at={lastCheck} style="ago" />.
          </>
        )}
      </p>
      {error !== null && reach === 'offline' ? <p>{error.message}</p> : null}
      {reach === 'offline' ? (
        <Button className="ml-auto h-7" onClick={() => client.connection.reconnect()}>
          Try again
        </Button>
      ) : null}
    </div>
  )
}
