import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queryOptions, useAlerts, useTopic } from '../live/app.ts'
import { useTitle } from '../shell/use-title.ts'
import { Choice } from '../ui/choice.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { AlertList } from './alert-list.tsx'
import { noticeStatusName } from './alert-sign.tsx'
import { type AlertView, type AlertViewName, alertStatuses, alertViews, deliveryStatuses } from './alert-view.ts'
import { ChannelList } from './channel-list.tsx'
import { DeliveryList } from './delivery-list.tsx'
import { MaintenanceList } from './maintenance-list.tsx'
import { RouteList } from './route-list.tsx'
import { SilenceList } from './silence-list.tsx'

const route = getRouteApi('/alerts')

const names: Readonly<Record<AlertViewName, string>> = {
  alerts: 'Alerts',
  deliveries: 'Deliveries',
  channels: 'Channels',
  silences: 'Silences',
  maintenance: 'Maintenance',
  routes: 'Routes',
}

const countWaiting = (items: readonly { readonly status: string }[]): number =>
  items.filter(({ status }) => status === 'waiting' || status === 'held').length

const countDead = (items: readonly { readonly status: string }[]): number =>
  items.filter(({ status }) => status === 'dead').length

/** Who is told of what: what leaves, what is held back, and where it goes. */
export const AlertsPage = () => {
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const shown = view.view ?? 'alerts'
  const { data: waiting = 0 } = useAlerts({ select: countWaiting })
  const { data: dead = 0 } = useTopic('deliveries', undefined, { select: countDead })
  const { data: channels } = useQuery({ ...queryOptions('channels.list', {}), staleTime: 10_000 })
  useTitle(shown === 'alerts' ? null : names[shown], 'Alerts')
  const change = (next: { readonly [K in keyof AlertView]?: AlertView[K] | undefined }) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as AlertView, replace: true, resetScroll: false })
  const statuses = shown === 'alerts' ? alertStatuses : shown === 'deliveries' ? deliveryStatuses : null
  const counts: Partial<Record<AlertViewName, number>> = { alerts: waiting, deliveries: dead }
  return (
    <div className="flex flex-col gap-3">
      <h1 className="text-xl font-semibold tracking-tight">Alerts</h1>
      <ScrollRegion label="Views" className="-m-1 p-1">
        <Segmented
          label="View"
          value={shown}
          onChange={(next) => change({ view: next === 'alerts' ? undefined : next, status: undefined })}
          options={alertViews.map((value) => ({ value, label: names[value], count: counts[value] || undefined }))}
        />
      </ScrollRegion>
      {statuses === null ? null : (
        <div className="flex flex-wrap gap-2">
          <Choice<NonNullable<AlertView['status']>>
            label="Status"
            none="Every status"
            value={view.status}
            options={statuses}
            nameOf={noticeStatusName}
            onChange={(status) => change({ status })}
          />
          <Choice
            label="Channel"
            none="All channels"
            value={view.channel}
            options={channels?.items.map(({ name }) => name) ?? []}
            onChange={(channel) => change({ channel })}
          />
        </div>
      )}
      <section aria-label={names[shown]} className="panel overflow-hidden">
        {shown === 'alerts' ? <AlertList view={view} /> : null}
        {shown === 'deliveries' ? <DeliveryList view={view} /> : null}
        {shown === 'channels' ? <ChannelList /> : null}
        {shown === 'silences' ? <SilenceList /> : null}
        {shown === 'maintenance' ? <MaintenanceList /> : null}
        {shown === 'routes' ? <RouteList /> : null}
      </section>
    </div>
  )
}
