import type { RegionStatus } from '@sightline/core/protocol'
import { formatLatency } from '../format/duration.ts'
import { formatCount } from '../format/number.ts'
import { useFreshness, useNow } from '../live/live-context.tsx'
import { useIsConnected } from '../live/shown-state.ts'
import { Age } from '../ui/age.tsx'
import { Stat } from '../ui/stat.tsx'
import { isTrouble } from './region-filter.ts'

const median = (numbers: readonly number[]): number | null => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

/** All regions in figures. */
export const SummaryStrip = ({ regions }: { readonly regions: readonly RegionStatus[] }) => {
  const now = useNow()
  const toFreshness = useFreshness()
  const isConnected = useIsConnected()
  const up = regions.filter(({ state }) => state === 'up').length
  const trouble = regions.filter(({ state }) => isTrouble(state)).length
  const old = regions.filter(
    ({ checkedAt, intervalMs }) => checkedAt !== null && toFreshness({ ageMs: now - checkedAt, intervalMs }) !== 'fresh',
  ).length
  const latency = median(regions.flatMap(({ latencyMs, state }) => (latencyMs === null || isTrouble(state) ? [] : [latencyMs])))
  const changes = regions.reduce((sum, { revision }) => sum + (revision ?? 0), 0)
  const lastChange = regions.reduce<number | null>(
    (last, { changedAt }) => (changedAt !== null && changedAt > (last ?? 0) ? changedAt : last),
    null,
  )
  const perSecond = regions.reduce((sum, { intervalMs, state }) => (state === 'paused' ? sum : sum + 1_000 / intervalMs), 0)
  return (
    <dl className="panel grid grid-cols-3 overflow-hidden xl:grid-cols-6">
      <Stat label="Up">
        {isConnected ? formatCount(up) : '—'}
        <span className="text-base font-normal text-faint"> of {formatCount(regions.length)}</span>
      </Stat>
      <Stat label="Failing" tone={isConnected && trouble > 0 ? 'text-fail' : undefined}>
        {isConnected ? formatCount(trouble) : '—'}
      </Stat>
      <Stat label="Late data" tone={old > 0 ? 'text-late' : undefined}>
        {formatCount(old)}
      </Stat>
      <Stat label="Median latency">{latency === null ? '—' : formatLatency(latency)}</Stat>
      <Stat label="Polls a second">
        {!isConnected ? '—' : perSecond >= 10 ? formatCount(perSecond) : Number(perSecond.toFixed(2))}
      </Stat>
      <Stat label="Changes stored">
        {formatCount(changes)}
        <span className="hidden text-base font-normal text-faint sm:inline">
          {' '}
          <Age at={lastChange} style="ago" />
        </span>
      </Stat>
    </dl>
  )
}

export const SummarySkeleton = () => (
  <div aria-hidden className="panel grid grid-cols-3 xl:grid-cols-6">
    {Array.from({ length: 6 }, (_, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: all alike, and none ever moves
      <div key={i} className="flex flex-col gap-2 px-4 py-3">
        <span className="skeleton h-3 w-16" />
        <span className="skeleton h-6 w-20" />
      </div>
    ))}
  </div>
)
