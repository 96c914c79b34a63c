import type { RegionStatus } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { ChevronRight, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatLatency } from '../format/duration.ts'
import { formatCount, formatPlural } from '../format/number.ts'
import { useTrail } from '../live/live-context.tsx'
import { useLiveStatus } from '../live/use-live-status.ts'
import { usePoller } from '../live/use-poller.ts'
import { PollBars } from '../regions/poll-bars.tsx'
import { isTrouble } from '../regions/region-filter.ts'
import { Age, Countdown } from '../ui/age.tsx'
import { StateBadge } from '../ui/target-state.tsx'
import { IntervalControl } from './interval-control.tsx'
import { PollNow } from './poll-now.tsx'

/** How a region is doing, and what can be done about it. */
export const RegionHeader = ({ status }: { readonly status: RegionStatus }) => {
  const { api, region, label, state, intervalMs, revision, changedAt, checkedAt, latencyMs } = useLiveStatus(status)
  const marks = useTrail(status)?.marks ?? []
  return (
    <section aria-labelledby="region-title" className="panel overflow-hidden">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-3 px-4 pt-3.5">
        <div className="min-w-0 flex-1 basis-60">
          <nav aria-label="Breadcrumb" className="flex items-center gap-1 text-xs text-faint">
            <Link to="/" className="rounded-sm hover:text-text">
              Regions
            </Link>
            <ChevronRight aria-hidden className="size-3" />
            <Link to="/" search={{ api }} className="truncate rounded-sm hover:text-text">
              {api}
            </Link>
            <ChevronRight aria-hidden className="size-3" />
            <span aria-current="page" className="truncate text-muted">
              {region}
            </span>
          </nav>
          <h1 id="region-title" className="mt-0.5 flex items-center gap-2 text-xl font-semibold tracking-tight">
            <span className="truncate">{label}</span>
            <StateBadge state={state} />
          </h1>
        </div>
        <PollNow api={api} region={region} />
        <IntervalControl api={api} region={region} intervalMs={intervalMs} />
      </div>
      <div className="mt-3 grid grid-cols-1 items-end gap-x-8 gap-y-3 px-4 pb-3.5 md:grid-cols-[auto_1fr]">
        <dl className="grid grid-cols-4 gap-x-3 sm:gap-x-8">
          <Figure label="Data age" name="age">
            <Age at={checkedAt} intervalMs={intervalMs} />
          </Figure>
          <Figure label="Latency">{latencyMs === null ? '—' : formatLatency(latencyMs)}</Figure>
          <Figure label="Changes" name="changes">
            {revision === null ? '—' : formatCount(revision)}
          </Figure>
          <Figure label="Last change">
            <Age at={changedAt} style="ago" />
          </Figure>
        </dl>
        <PollBars marks={marks} hasStart className="h-10 justify-self-end md:max-w-120" />
      </div>
      {isTrouble(state) ? <Trouble api={api} region={region} /> : null}
    </section>
  )
}

const Figure = ({ label, name, children }: { readonly label: string; readonly name?: string; readonly children: ReactNode }) => (
  <div>
    <dt className="text-xs whitespace-nowrap text-faint">{label}</dt>
    <dd data-role={name} className="text-base font-semibold whitespace-nowrap sm:text-lg">
      {children}
    </dd>
  </div>
)

/** Why polls fail, and when the next one is tried. */
const Trouble = ({ api, region }: { readonly api: string; readonly region: string }) => {
  const poller = usePoller({ api, region })
  if (poller?.lastError === undefined || poller.lastError === null) return null
  const { lastError, consecutiveFailures, retryAt, state } = poller
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line bg-fail-soft px-4 py-2 text-fail"
    >
      <TriangleAlert aria-hidden className="size-4 shrink-0" />
      <p className="min-w-0 flex-1 basis-60">
        <span className="font-semibold">{formatPlural(consecutiveFailures, 'poll')} failed.</span> {lastError.message}
      </p>
      <p className="text-xs">
        {state === 'open' ? 'Down: asked less often until it answers. ' : ''}
        {retryAt === null ? null : (
          <>
            Next try <Countdown until={retryAt} />
          </>
        )}
      </p>
    </div>
  )
}

export const RegionHeaderSkeleton = () => (
  <div aria-hidden className="panel flex h-37 flex-col gap-4 p-4">
    <span className="skeleton h-4 w-32" />
    <span className="skeleton h-6 w-48" />
    <span className="skeleton h-8 w-full" />
  </div>
)
