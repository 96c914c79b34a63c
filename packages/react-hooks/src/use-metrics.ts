import { type Client, SightlineError } from '@sightline/client'
import type { Chart } from '@sightline/core/protocol'
import { useEffect, useMemo, useState } from 'react'
import type { CoreContract, UseCoreClient } from './core-contract.ts'

/** What is drawn: the last `lastMs`, moving on, or from one time to another. Times are ms since the Unix epoch. */
export type TimeRange = { readonly lastMs: number } | { readonly from: number; readonly to: number }

/** Which numbers of which service, over which time. */
export interface MetricsRequest {
  readonly service: string
  /** Names of numbers: `latencyMs`, `cpuPercent`, … */
  readonly values: readonly string[]
  /** Default: every region. */
  readonly region?: string
  readonly range: TimeRange
  /** At most 500, which is the default. */
  readonly points?: number
}

/** What `useMetrics` gives. */
export interface MetricsResult {
  /** undefined until the first answer; what is shown stays while a newer answer is awaited. */
  readonly charts: readonly Chart[] | undefined
  readonly isLoading: boolean
  readonly error: SightlineError | null
}

/**
 * Numbers of a service over time, at most 500 points a chart. A range that moves on is asked for again once for each step of it, at most
 * every 5 s and at least every minute, while the page is visible.
 *
 * @example
 * const { charts = [] } = useMetrics({ service: 'checkout', values: ['latencyMs'], range: { lastMs: 3_600_000 } })
 */
export type UseMetrics = (request: MetricsRequest) => MetricsResult

const SOONEST_MS = 5_000
const LATEST_MS = 60_000

const loading: MetricsResult = { charts: undefined, isLoading: true, error: null }

export const createUseMetrics =
  (useClient: UseCoreClient): UseMetrics =>
  (request) => {
    const client = useClient()
    const key = JSON.stringify(request)
    // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the request, which may be a new object each time
    const asked = useMemo(() => request, [key])
    const [shown, setShown] = useState({ asked, result: loading })
    useEffect(
      () =>
        follow(client, asked, (change) =>
          setShown((before) => ({ asked, result: change(before.asked === asked ? before.result : loading) })),
        ),
      [client, asked],
    )
    return shown.asked === asked ? shown.result : loading
  }

type Change = (before: MetricsResult) => MetricsResult

/** Loads, and goes on loading where the range moves on. Returns its undo. */
const follow = (
  client: Client<CoreContract>,
  { range, ...wanted }: MetricsRequest,
  show: (change: Change) => void,
): (() => void) => {
  const ending = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  const load = async (): Promise<void> => {
    const to = 'lastMs' in range ? Date.now() : range.to
    const from = 'lastMs' in range ? to - range.lastMs : range.from
    try {
      const { charts } = await client.call(
        'samples.chart',
        { ...wanted, values: [...wanted.values], from, to },
        { signal: ending.signal },
      )
      if (!ending.signal.aborted) show(() => ({ charts, isLoading: false, error: null }))
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      if (!ending.signal.aborted) show(({ charts }) => ({ charts, isLoading: false, error }))
    }
    if ('lastMs' in range && !ending.signal.aborted) wait(range.lastMs / (wanted.points ?? 500))
  }

  const wait = (stepMs: number): void => {
    timer = setTimeout(() => (document.hidden ? wait(stepMs) : void load()), Math.min(LATEST_MS, Math.max(SOONEST_MS, stepMs)))
  }

  void load()
  return () => {
    ending.abort()
    clearTimeout(timer)
  }
}
