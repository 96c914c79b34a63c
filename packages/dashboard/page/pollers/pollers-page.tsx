import type { RegionStatus } from '@sightline/core/protocol'
import { getRouteApi } from '@tanstack/react-router'
import { MoveHorizontal, Search, SearchX } from 'lucide-react'
import { useTopic } from '../live/app.ts'
import { toTargetKey } from '../live/target.ts'
import { isTrouble } from '../regions/region-filter.ts'
import { useTitle } from '../shell/use-title.ts'
import { Button } from '../ui/button.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { arrangePollers, type PollerFilter } from './poller-filter.ts'
import { PollerTable } from './poller-table.tsx'

const route = getRouteApi('/pollers')

const toLabels = (regions: readonly RegionStatus[]): Readonly<Record<string, string>> =>
  Object.fromEntries(regions.map((status) => [toTargetKey(status), status.label]))

/** What an operator wants to know: who is polled, what fails and why, when it is tried again. */
export const PollersPage = () => {
  const { data: pollers, error } = useTopic('pollers')
  const { data: labels } = useTopic('regions', undefined, { select: toLabels })
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  useTitle('Pollers')
  const change = (next: { readonly [K in keyof PollerFilter]?: PollerFilter[K] | undefined }) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as PollerFilter, replace: true })
  if (pollers === undefined && error !== null) return <Failure title="The pollers cannot be shown">{error.message}</Failure>
  const shown = arrangePollers(
    (pollers ?? []).map((poller) => ({ ...poller, label: labels?.[toTargetKey(poller)] ?? poller.region })),
    filter,
  )
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-2 text-xl font-semibold tracking-tight">Pollers</h1>
        <label className="relative w-full sm:w-64">
          <span className="sr-only">Find pollers</span>
          <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint" />
          <input
            type="search"
            value={filter.q ?? ''}
            onChange={(event) => change({ q: event.target.value || undefined })}
            placeholder="Find pollers"
            className="h-8 w-full rounded-md border border-line bg-surface pr-2 pl-8 placeholder:text-faint"
          />
        </label>
        <Segmented
          label="Show"
          value={filter.show ?? 'all'}
          onChange={(show) => change({ show: show === 'all' ? undefined : show })}
          options={[
            { value: 'all', label: 'All', count: pollers?.length },
            { value: 'trouble', label: 'Failing', count: pollers?.filter(({ state }) => isTrouble(state)).length || undefined },
          ]}
        />
      </div>
      <p aria-hidden className="-mb-2 flex items-center gap-1 text-xs text-faint xl:hidden">
        <MoveHorizontal className="size-3.5" />
        Scroll sideways for latency, counts and errors
      </p>
      <div className="panel relative overflow-x-auto">
        {pollers === undefined ? (
          <div className="flex flex-col gap-4 p-4" aria-busy="true">
            <p role="status" className="sr-only">
              Loading pollers
            </p>
            {Array.from({ length: 6 }, (_, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: all alike, and none ever moves
              <span key={i} aria-hidden className="skeleton h-5 w-full" />
            ))}
          </div>
        ) : shown.length === 0 ? (
          <Empty
            icon={SearchX}
            title={filter.show === 'trouble' && filter.q === undefined ? 'Nothing fails' : 'No poller fits'}
            action={<Button onClick={() => change({ q: undefined, show: undefined })}>Show all pollers</Button>}
          />
        ) : (
          <PollerTable pollers={shown} sort={filter.sort} onSort={(sort) => change({ sort })} />
        )}
      </div>
    </div>
  )
}
