import { getRouteApi, Link } from '@tanstack/react-router'
import { MapPinOff } from 'lucide-react'
import { IncidentList } from '../incidents/incident-list.tsx'
import { useIncidents, useService } from '../live/app.ts'
import { serviceSigns } from '../services/service-sign.tsx'
import { useTitle } from '../shell/use-title.ts'
import { buttonClass } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { ServiceCharts } from './service-charts.tsx'
import { ServiceHeader } from './service-header.tsx'
import { ServiceRegions } from './service-regions.tsx'
import type { ServiceViewSearch } from './service-view.ts'

const route = getRouteApi('/services/$name')

/** One service in full: how it is seen from each region, its numbers over time, its incidents. */
export const ServicePage = () => {
  const { name } = route.useParams()
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const { data: detail, error } = useService(name)
  useTitle(detail === undefined || detail.status === 'up' ? null : serviceSigns[detail.status].label, detail?.title ?? name)
  const onView = (next: { readonly [K in keyof ServiceViewSearch]?: ServiceViewSearch[K] | undefined }) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as ServiceViewSearch, replace: true, resetScroll: false })
  if (error?.code === 'NOT_FOUND') {
    return (
      <div className="panel">
        <Empty
          icon={MapPinOff}
          title={`There is no service ${name}`}
          action={
            <Link to="/services" className={buttonClass()}>
              To the services
            </Link>
          }
        >
          It may have been deleted.
        </Empty>
      </div>
    )
  }
  if (detail === undefined) {
    return error === null ? (
      <div className="panel">
        <Loading what="service" />
      </div>
    ) : (
      <Failure title="This service cannot be shown">{error.message}</Failure>
    )
  }
  return (
    <div className="flex flex-col gap-4">
      <ServiceHeader detail={detail} />
      <ServiceCharts service={name} regions={detail.regions.map(({ region }) => region)} view={view} onView={onView} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <ServiceRegions detail={detail} />
        <OpenIncidents service={name} />
      </div>
    </div>
  )
}

const OpenIncidents = ({ service }: { readonly service: string }) => {
  const { data: incidents } = useIncidents({
    select: (all) => all.filter((incident) => incident.service === service && incident.status !== 'resolved'),
  })
  return (
    <section aria-labelledby="incidents-title" className="panel overflow-hidden">
      <header className="flex items-center border-b border-line px-4 py-2.5">
        <h2 id="incidents-title" className="mr-auto text-base font-semibold">
          Open incidents
        </h2>
        <Link to="/incidents" search={{ service }} className="rounded-sm text-xs text-muted underline hover:text-text">
          All of this service
        </Link>
      </header>
      {incidents === undefined ? (
        <Loading what="incidents" rows={2} />
      ) : incidents.length === 0 ? (
        <p className="px-4 py-3 text-muted">None.</p>
      ) : (
        <IncidentList incidents={incidents} />
      )}
    </section>
  )
}
