import { getRouteApi } from '@tanstack/react-router'
import { Plus, SearchX } from 'lucide-react'
import { lazy, Suspense, useDeferredValue, useMemo, useState } from 'react'
import { useServices } from '../live/app.ts'
import { useTitle } from '../shell/use-title.ts'
import { Button } from '../ui/button.tsx'
import { Choice } from '../ui/choice.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { ServiceCounts } from './service-counts.tsx'
import { arrangeServices, type ServiceFilter, tagsOf } from './service-filter.ts'
import { ServiceTable } from './service-table.tsx'

const ServiceDialog = lazy(() => import('./service-dialog.tsx').then(({ ServiceDialog: component }) => ({ default: component })))

const route = getRouteApi('/services')

/** Every service and how it is doing, live. */
export const ServicesPage = () => {
  const { data, error } = useServices()
  const services = useDeferredValue(data)
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  // The name of the one that is edited; '' for a new one.
  const [edited, setEdited] = useState<string | null>(null)
  const down = services?.filter(({ status }) => status === 'down').length ?? 0
  useTitle(down > 0 ? `${down} down` : null, 'Services')
  const change = (next: { readonly [K in keyof ServiceFilter]?: ServiceFilter[K] | undefined }) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as ServiceFilter, replace: true })
  const shown = useMemo(() => arrangeServices(services ?? [], filter), [services, filter])
  const tags = useMemo(() => tagsOf(services ?? []), [services])
  if (services === undefined && error !== null) return <Failure title="The services cannot be shown">{error.message}</Failure>
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-2 text-xl font-semibold tracking-tight">Services</h1>
        <Button
          tone="primary"
          className="order-1 ml-auto sm:order-none sm:ml-0 md:order-last md:ml-auto"
          icon={<Plus aria-hidden className="size-4" />}
          onClick={() => setEdited('')}
        >
          Add service
        </Button>
        <div className="order-2 flex w-full flex-wrap gap-2 sm:order-none sm:w-auto">
          <SearchBox label="Find services" value={filter.q ?? ''} onChange={(q) => change({ q: q || undefined })} />
          {tags.length > 0 || filter.tag !== undefined ? (
            <Choice label="Tag" none="All tags" value={filter.tag} options={tags} onChange={(tag) => change({ tag })} />
          ) : null}
        </div>
      </div>
      {services === undefined ? (
        <div aria-hidden className="panel skeleton h-17" />
      ) : (
        <ServiceCounts services={services} status={filter.status} onStatus={(status) => change({ status })} />
      )}
      <div className="panel overflow-hidden">
        {services === undefined ? (
          <Loading what="services" />
        ) : services.length === 0 ? (
          <Empty title="There are no services yet" action={<Button onClick={() => setEdited('')}>Add service</Button>}>
            A service is what is checked, or reports itself: a web page, a database, a worker.
          </Empty>
        ) : shown.length === 0 ? (
          <Empty
            icon={SearchX}
            title="No service fits"
            action={
              <Button onClick={() => change({ q: undefined, tag: undefined, status: undefined })}>Show all services</Button>
            }
          />
        ) : (
          <ServiceTable
            services={shown}
            sort={filter.sort ?? 'status'}
            onSort={(sort) => change({ sort: sort === 'status' ? undefined : sort })}
            onEdit={setEdited}
          />
        )}
      </div>
      <Suspense>
        {edited === null ? null : <ServiceDialog name={edited === '' ? null : edited} onClose={() => setEdited(null)} />}
      </Suspense>
    </div>
  )
}
