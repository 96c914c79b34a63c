import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { CircleCheckBig, Plus, SearchX } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { formatAge } from '../format/duration.ts'
import { formatCount } from '../format/number.ts'
import { queryOptions, useClient, useIncidents, useServices } from '../live/app.ts'
import { useStored } from '../live/use-stored.ts'
import { useTitle } from '../shell/use-title.ts'
import { Button } from '../ui/button.tsx'
import { Choice } from '../ui/choice.tsx'
import { Loading } from '../ui/loading.tsx'
import { More } from '../ui/more.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { Stat } from '../ui/stat.tsx'
import { arrangeIncidents, countIncidents, type IncidentCounts, type IncidentFilter, severities } from './incident-filter.ts'
import { IncidentList } from './incident-list.tsx'
import { severitySigns } from './incident-sign.tsx'

const OpenIncident = lazy(() => import('./open-incident.tsx').then(({ OpenIncident: component }) => ({ default: component })))

const route = getRouteApi('/incidents')

/** Every incident: those that need somebody first, then what is over. */
export const IncidentsPage = () => {
  const { data: live, error } = useIncidents()
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const client = useClient()
  const older = useStored(['incidents', filter], (page, signal) =>
    client.call('incidents.list', { ...filter, ...page }, { signal }),
  )
  const { data: services = [] } = useServices({ select: (all) => all.map(({ name }) => name) })
  const [isOpening, setIsOpening] = useState(false)
  const counts = countIncidents(live ?? [])
  useTitle(counts.active > 0 ? `${counts.active} active` : null, 'Incidents')
  const change = (next: { readonly [K in keyof IncidentFilter]?: IncidentFilter[K] | undefined }) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as IncidentFilter, replace: true })
  if (live === undefined && error !== null) return <Failure title="The incidents cannot be shown">{error.message}</Failure>
  const shown = arrangeIncidents(live ?? [], { older: older.items, filter })
  const isFiltered = filter.severity !== undefined || filter.service !== undefined || filter.status !== undefined
  const open = (
    <Button icon={<Plus aria-hidden className="size-4" />} tone="primary" onClick={() => setIsOpening(true)}>
      Open incident
    </Button>
  )
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-auto text-xl font-semibold tracking-tight">Incidents</h1>
        {open}
      </div>
      <Summary counts={live === undefined ? null : counts} />
      <div className="flex flex-wrap items-center gap-2">
        <Segmented
          label="Status"
          value={filter.status === 'open' || filter.status === 'investigating' ? 'active' : (filter.status ?? 'all')}
          onChange={(status) => change({ status: status === 'all' ? undefined : status })}
          options={[
            { value: 'all', label: 'All' },
            { value: 'active', label: 'Active', count: counts.active || undefined },
            { value: 'resolved', label: 'Resolved' },
          ]}
        />
        <Choice
          label="Severity"
          none="Every severity"
          value={filter.severity}
          options={severities}
          nameOf={(severity) => severitySigns[severity].label}
          onChange={(severity) => change({ severity })}
        />
        <Choice
          label="Service"
          none="All services"
          value={filter.service}
          options={services}
          onChange={(service) => change({ service })}
        />
      </div>
      <div className="panel overflow-hidden">
        {live === undefined ? (
          <Loading what="incidents" />
        ) : shown.length > 0 ? (
          <IncidentList incidents={shown} />
        ) : older.isPending ? (
          <Loading what="older incidents" />
        ) : isFiltered ? (
          <Empty
            icon={SearchX}
            title={filter.status === 'active' ? 'Nothing is wrong' : 'No incident fits'}
            action={
              <Button onClick={() => change({ status: undefined, severity: undefined, service: undefined })}>
                Show all incidents
              </Button>
            }
          />
        ) : (
          <Empty icon={CircleCheckBig} title="There was no incident yet">
            A rule opens one when a service is down, or somebody by hand.
          </Empty>
        )}
        <More {...older} />
      </div>
      <Suspense>{isOpening ? <OpenIncident onClose={() => setIsOpening(false)} /> : null}</Suspense>
    </div>
  )
}

const monthMs = 2_592_000_000

/** What is wrong now, and how the last thirty days went. */
const Summary = ({ counts }: { readonly counts: IncidentCounts | null }) => {
  const [to] = useState(() => Date.now())
  const { data } = useQuery({ ...queryOptions('incidents.summary', { from: to - monthMs, to }), refetchInterval: 60_000 })
  const meanOf = (ms: number | null | undefined) => (ms === null || ms === undefined ? '—' : formatAge(Math.max(1_000, ms)))
  return (
    <dl className="panel grid grid-cols-3 overflow-hidden xl:grid-cols-6">
      <Stat label="Active" tone={counts !== null && counts.active > 0 ? 'text-fail' : undefined}>
        {counts === null ? '—' : formatCount(counts.active)}
      </Stat>
      <Stat label="Critical" tone={counts !== null && counts.critical > 0 ? 'text-fail' : undefined}>
        {counts === null ? '—' : formatCount(counts.critical)}
      </Stat>
      <Stat label="Not acknowledged" tone={counts !== null && counts.unacknowledged > 0 ? 'text-late' : undefined}>
        {counts === null ? '—' : formatCount(counts.unacknowledged)}
      </Stat>
      <Stat label="Opened, 30 days">{data === undefined ? '—' : `${formatCount(data.opened)}${data.isPartial ? '+' : ''}`}</Stat>
      <Stat label="To acknowledge">{meanOf(data?.meanTimeToAcknowledgeMs)}</Stat>
      <Stat label="To resolve">{meanOf(data?.meanTimeToResolveMs)}</Stat>
    </dl>
  )
}
