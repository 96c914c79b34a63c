import type { Alert } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { BellOff } from 'lucide-react'
import { SeverityBadge } from '../incidents/incident-sign.tsx'
import { useAlerts, useClient } from '../live/app.ts'
import { useStored } from '../live/use-stored.ts'
import { Age } from '../ui/age.tsx'
import { Loading } from '../ui/loading.tsx'
import { More } from '../ui/more.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { kindWords, NoticeBadge } from './alert-sign.tsx'
import { type AlertView, alertStatuses, filterByView, heldByWords, joinById } from './alert-view.ts'

const atOf = ({ at }: Alert): number => at

/** What there is to tell, and what became of it. */
export const AlertList = ({ view }: { readonly view: AlertView }) => {
  const client = useClient()
  const { data: live, error } = useAlerts()
  const status = alertStatuses.find((each) => each === view.status)
  const wanted = {
    ...(status === undefined ? {} : { status }),
    ...(view.channel === undefined ? {} : { channel: view.channel }),
  }
  const stored = useStored(['alerts', wanted], (page, signal) => client.call('alerts.list', { ...wanted, ...page }, { signal }))
  if (live === undefined) {
    return error === null ? <Loading what="alerts" /> : <Failure title="The alerts cannot be shown">{error.message}</Failure>
  }
  const shown = filterByView(joinById(live, stored.items), { view, at: atOf })
  return (
    <>
      {shown.length === 0 ? (
        <Empty icon={BellOff} title="No alerts">
          An incident that a route fits leads to one for each of its channels.
        </Empty>
      ) : (
        <ul aria-label="Alerts">
          {shown.map((alert) => (
            <AlertLine key={alert.id} alert={alert} />
          ))}
        </ul>
      )}
      <More {...stored} />
    </>
  )
}

const AlertLine = ({ alert }: { readonly alert: Alert }) => {
  const { id, incident, kind, channel, severity, title, status, heldBy, at, service, region } = alert
  return (
    <li
      data-alert={id}
      data-status={status}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5 last:border-0"
    >
      <div className="flex w-full items-center gap-1.5 sm:w-48">
        <NoticeBadge status={status} />
        <SeverityBadge severity={severity} />
      </div>
      <div className="min-w-0 flex-1 basis-60">
        <Link to="/incidents/$id" params={{ id: incident }} className="block truncate rounded-sm font-medium hover:text-accent">
          <bdi>{title}</bdi>
        </Link>
        <p className="truncate text-xs text-faint">
          {[kindWords[kind], service, region, status === 'held' ? heldByWords(heldBy) : null].filter(Boolean).join(' · ')}
        </p>
      </div>
      <p className="flex gap-3 text-xs text-muted">
        <span className="max-w-32 truncate">{channel}</span>
        <span className="sm:w-20 sm:text-right">
          <Age at={at} style="ago" />
        </span>
      </p>
    </li>
  )
}
