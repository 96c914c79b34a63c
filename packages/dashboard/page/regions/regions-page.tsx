import { getRouteApi } from '@tanstack/react-router'
import { Search, SearchX } from 'lucide-react'
import { useDeferredValue } from 'react'
import { useRegions } from '../live/live-context.tsx'
import { useTitle } from '../shell/use-title.ts'
import { Button } from '../ui/button.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { PollLegend } from './poll-bars.tsx'
import { RegionCardSkeleton } from './region-card.tsx'
import { filterRegions, isTrouble, type RegionFilter } from './region-filter.ts'
import { RegionGrid } from './region-grid.tsx'
import { SummarySkeleton, SummaryStrip } from './summary-strip.tsx'

const route = getRouteApi('/')

/** All regions on one screen, live. */
export const RegionsPage = () => {
  const { data, error } = useRegions()
  // A thousand regions that come up one after another may not hold up the page: what is outdated by then is passed over.
  const regions = useDeferredValue(data)
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const failing = regions?.filter(({ state }) => isTrouble(state)).length ?? 0
  useTitle(failing > 0 ? `${failing} failing` : null, 'Regions')
  const shown = regions === undefined ? [] : filterRegions(regions, filter)
  const change = (next: Partial<Record<keyof RegionFilter, string | undefined>>) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as RegionFilter, replace: true })

  if (regions === undefined) {
    return error === null ? <Loading /> : <Failure title="The regions cannot be shown">{error.message}</Failure>
  }
  const apis = [...new Set(regions.map(({ api }) => api))]
  return (
    <div className="flex flex-col gap-4">
      <h1 className="sr-only">Regions</h1>
      <SummaryStrip regions={regions} />
      <div className="flex flex-wrap items-center gap-2">
        <label className="relative w-full sm:w-64">
          <span className="sr-only">Find regions</span>
          <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint" />
          <input
            type="search"
            value={filter.q ?? ''}
            onChange={(event) => change({ q: event.target.value || undefined })}
            placeholder="Find regions"
            className="h-8 w-full rounded-md border border-line bg-surface pr-2 pl-8 placeholder:text-faint"
          />
        </label>
        <Segmented
          label="Show"
          value={filter.show ?? 'all'}
          onChange={(show) => change({ show: show === 'all' ? undefined : show })}
          options={[
            { value: 'all', label: 'All', count: regions.length },
            { value: 'up', label: 'Up' },
            { value: 'trouble', label: 'Failing', count: failing || undefined },
          ]}
        />
        {apis.length > 1 ? (
          <label>
            <span className="sr-only">Api</span>
            <select
              value={filter.api ?? ''}
              onChange={(event) => change({ api: event.target.value || undefined })}
              className="h-8 rounded-md border border-line bg-surface px-2 font-medium"
            >
              <option value="">All apis</option>
              {apis.map((api) => (
                <option key={api}>{api}</option>
              ))}
            </select>
          </label>
        ) : null}
        <div className="ml-auto hidden md:block">
          <PollLegend />
        </div>
      </div>
      {shown.length > 0 ? (
        <RegionGrid regions={shown} />
      ) : (
        <div className="panel">
          <Empty
            icon={SearchX}
            title="No region fits"
            action={<Button onClick={() => change({ q: undefined, show: undefined, api: undefined })}>Show all regions</Button>}
          >
            {regions.length === 1 ? 'There is one region.' : `There are ${regions.length} regions.`}
          </Empty>
        </div>
      )}
    </div>
  )
}

const Loading = () => (
  <div className="flex flex-col gap-4" aria-busy="true">
    <p role="status" className="sr-only">
      Loading regions
    </p>
    <SummarySkeleton />
    <div className="grid grid-cols-[repeat(auto-fill,minmax(min(340px,100%),1fr))] gap-3">
      {Array.from({ length: 6 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all alike, and none ever moves
        <RegionCardSkeleton key={i} />
      ))}
    </div>
  </div>
)
