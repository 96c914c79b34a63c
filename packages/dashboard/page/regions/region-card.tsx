import type { RegionStatus } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { formatInterval, formatLatency } from '../format/duration.ts'
import { formatPlural } from '../format/number.ts'
import { useTrail } from '../live/live-context.tsx'
import { useShownState } from '../live/shown-state.ts'
import { useLiveStatus } from '../live/use-live-status.ts'
import { Age } from '../ui/age.tsx'
import { StateBadge, StateIcon } from '../ui/target-state.tsx'
import { ChangeLines } from './change-lines.tsx'
import { PollBars } from './poll-bars.tsx'
import { isTrouble } from './region-filter.ts'
import { TroubleLines } from './trouble-lines.tsx'
import { useLastChange } from './use-last-change.ts'

/** One region at a glance: is it well, how old is its data, how long do polls take, what changed last. */
export const RegionCard = memo(({ status }: { readonly status: RegionStatus }) => {
  const { api, region, label, state, intervalMs, revision, changedAt, checkedAt, latencyMs } = useLiveStatus(status)
  const marks = useTrail(status)?.marks ?? []
  const shown = useShownState(state)
  const change = useLastChange({ api, region })
  return (
    <article
      aria-label={`${label}, ${api}`}
      data-region={region}
      data-state={shown}
      className="panel relative flex h-55 flex-col overflow-hidden hover:border-line-strong data-[state=failing]:border-fail data-[state=open]:border-fail data-[state=unknown]:grayscale has-[a:focus-visible]:border-line-strong"
    >
      <header className="flex items-start gap-2 px-4 pt-3.5">
        <StateIcon state={state} className="mt-0.5" />
        <div className="min-w-0 flex-1">
          <h2 className="flex items-center gap-2 text-base font-semibold">
            <Link
              to="/regions/$api/$region"
              params={{ api, region }}
              className="truncate outline-none after:absolute after:inset-0 after:rounded-lg focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-focus"
            >
              {label}
            </Link>
            {shown === 'up' ? null : <StateBadge state={state} />}
          </h2>
          <p className="truncate text-xs text-faint">
            {api} / {region}
          </p>
        </div>
        <div className="text-right">
          <p className="text-base font-semibold" data-role="age">
            <span className="sr-only">Data age </span>
            <Age at={checkedAt} intervalMs={intervalMs} />
          </p>
          <p className="text-xs text-faint">every {formatInterval(intervalMs)}</p>
        </div>
      </header>

      <div className="flex items-end gap-4 px-4 pt-3 pb-3.5">
        <PollBars marks={marks} hasStart className="h-9 min-w-0 flex-1" />
        <p className="w-17 shrink-0 text-right">
          <span className="block text-base font-semibold">{latencyMs === null ? '—' : formatLatency(latencyMs)}</span>
          <span className="text-xs text-faint">latency</span>
        </p>
      </div>

      <div className="flex-1 border-t border-line bg-ground/60 px-4 py-2.5">
        <p className="flex items-baseline gap-1.5 text-xs text-faint">
          <span className="font-semibold text-text" data-role="changes">
            {revision === null ? 'No document yet' : formatPlural(revision, 'change')}
          </span>
          {changedAt === null ? null : (
            <span className="flex-1 truncate">
              <Age at={changedAt} style="ago" />
            </span>
          )}
          {change?.changes && !isTrouble(state) ? (
            <span className="shrink-0">{formatPlural(change.changes.length, 'field')}</span>
          ) : null}
        </p>
        {isTrouble(state) ? (
          <TroubleLines api={api} region={region} intervalMs={intervalMs} />
        ) : revision === null ? (
          <p className="mt-1 text-xs text-faint">It appears with the first poll that succeeds.</p>
        ) : (
          <ChangeLines change={change} />
        )}
      </div>
    </article>
  )
})

/** The room a card will take. */
export const RegionCardSkeleton = () => (
  <div aria-hidden className="panel flex h-55 flex-col gap-4 p-4">
    <span className="skeleton h-4 w-1/2" />
    <span className="skeleton h-9 w-full" />
    <span className="skeleton h-8 w-full" />
    <span className="skeleton h-3 w-4/5" />
    <span className="skeleton h-3 w-3/5" />
  </div>
)
