import { getRouteApi, Link } from '@tanstack/react-router'
import { MapPinOff } from 'lucide-react'
import { useTopic } from '../live/app.ts'
import { useRegion, useRegions } from '../live/live-context.tsx'
import { useLastChange } from '../regions/use-last-change.ts'
import { useTitle } from '../shell/use-title.ts'
import { buttonClass } from '../ui/button.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { DocumentPanel } from './document-panel.tsx'
import { HistoryChart } from './history-chart.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { RegionHeader, RegionHeaderSkeleton } from './region-header.tsx'
import { RegionRail } from './region-rail.tsx'
import type { RegionView } from './region-view.ts'
import { useHistory } from './use-history.ts'

const route = getRouteApi('/regions/$api/$region')

/** One region in full: its document, its history, and what lies between any two of its entries. */
export const RegionPage = () => {
  const { api, region } = route.useParams()
  const { data: status, error } = useRegion({ api, region })
  const isLoaded = useRegions().data !== undefined
  useTitle(status?.label ?? region, api)
  return (
    <div className="grid gap-4 xl:grid-cols-[15rem_minmax(0,1fr)]">
      <div className="hidden xl:block">
        <RegionRail current={{ api, region }} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        {status !== undefined ? (
          <>
            <RegionHeader status={status} />
            {/* Another region is another page: nothing of the last one may linger. */}
            <RegionBody key={`${api}\n${region}`} api={api} region={region} />
          </>
        ) : error !== null ? (
          <Failure title="This region cannot be shown">{error.message}</Failure>
        ) : isLoaded ? (
          <div className="panel">
            <Empty
              icon={MapPinOff}
              title={`There is no region ${region} of ${api}`}
              action={
                <Link to="/" className={buttonClass()}>
                  To the regions
                </Link>
              }
            >
              It may have left the configuration.
            </Empty>
          </div>
        ) : (
          <RegionHeaderSkeleton />
        )}
      </div>
    </div>
  )
}

const RegionBody = ({ api, region }: { readonly api: string; readonly region: string }) => {
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const { data: snapshot, isProvisional, error } = useTopic('metrics', { api, region })
  const history = useHistory({ api, region })
  const change = useLastChange({ api, region })
  const onView = (next: { readonly [K in keyof RegionView]?: RegionView[K] | undefined }) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as RegionView, replace: true, resetScroll: false })
  return (
    <>
      <HistoryChart history={history} document={snapshot?.data} view={view} onView={onView} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        {snapshot === undefined && error !== null && error.code !== 'NOT_FOUND' ? (
          <div className="panel">
            <Failure title="The document cannot be shown">{error.message}</Failure>
          </div>
        ) : (
          <DocumentPanel
            snapshot={snapshot}
            changes={change?.changes ?? []}
            isProvisional={isProvisional}
            onChart={(field) => onView({ field })}
          />
        )}
        <HistoryPanel target={{ api, region }} history={history} view={view} onView={onView} />
      </div>
    </>
  )
}
