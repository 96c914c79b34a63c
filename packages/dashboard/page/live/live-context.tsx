import { createContext, type ReactNode, useCallback, useContext, useEffect, useSyncExternalStore } from 'react'
import { useClient, useConnection, useTopic } from './app.ts'
import { type Freshness, type FreshnessInput, toFreshness } from './freshness.ts'
import type { PollTrail } from './poll-trail.ts'
import type { ServerClock } from './server-clock.ts'
import { type TargetRef, toTargetKey } from './target.ts'
import type { TrailStore } from './trail-store.ts'

interface Live {
  readonly clock: ServerClock
  readonly trails: TrailStore
}

const LiveContext = createContext<Live | null>(null)

const useLive = (): Live => {
  const live = useContext(LiveContext)
  if (live === null) throw new Error('Outside of LiveProvider.')
  return live
}

/** Keeps the clock in step with the server, and a trail of every target while the page is open. */
export const LiveProvider = ({ clock, trails, children }: Live & { readonly children: ReactNode }) => {
  const { status } = useConnection()
  const client = useClient()
  useEffect(() => {
    if (status === 'connected') void clock.sync()
  }, [status, clock])
  useEffect(
    () =>
      client.topic('regions').subscribe(({ data, isStale }) => {
        if (data !== undefined && !isStale) trails.add(data, Date.now())
      }),
    [client, trails],
  )
  return <LiveContext value={{ clock, trails }}>{children}</LiveContext>
}

/** The server's time, ticking. */
export const useNow = (): number => {
  const { clock } = useLive()
  return useSyncExternalStore(clock.subscribe, clock.now)
}

/** The last polls of a target, as seen from here. */
export const useTrail = (target: TargetRef): PollTrail | undefined => {
  const { trails } = useLive()
  const client = useClient()
  const key = toTargetKey(target)
  const { api, region } = target
  const isKnown = useSyncExternalStore(
    useCallback((listener: () => void) => trails.subscribe(key, listener), [trails, key]),
    () => trails.get(key) !== undefined,
  )
  useEffect(() => {
    if (!isKnown || trails.isFilled(key)) return
    const abort = new AbortController()
    client.call('metrics.polls', { api, region }, { signal: abort.signal }).then(
      (stored) => trails.fill(key, stored),
      // Bars are a help: what is seen from now on is drawn without.
      () => {},
    )
    return () => abort.abort()
  }, [client, trails, key, api, region, isKnown])
  const subscribe = useCallback((listener: () => void) => trails.subscribe(key, listener), [trails, key])
  return useSyncExternalStore(subscribe, () => trails.get(key))
}

/** Every target's status; undefined before the first frame. */
export const useRegions = () => useTopic('regions')

export const useRegion = ({ api, region }: TargetRef) =>
  useTopic('regions', undefined, { select: (all) => all.find((item) => item.api === api && item.region === region) })

/** How fresh data of an age is, considering how many targets the server has to tell of. */
export const useFreshness = (): ((input: Omit<FreshnessInput, 'targets'>) => Freshness) => {
  const { trails } = useLive()
  return (input) => toFreshness({ ...input, targets: trails.size })
}
