import type { Incident } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { MessageSquare, Waves } from 'lucide-react'
import { formatAge } from '../format/duration.ts'
import { Age } from '../ui/age.tsx'
import { Texts } from '../ui/texts.tsx'
import { IncidentBadge, SeverityBadge } from './incident-sign.tsx'

/** Incidents, a line each, in the given order. */
export const IncidentList = ({ incidents }: { readonly incidents: readonly Incident[] }) => (
  <ul aria-label="Incidents">
    {incidents.map((incident) => (
      <IncidentLine key={incident.id} incident={incident} />
    ))}
  </ul>
)

const IncidentLine = ({ incident }: { readonly incident: Incident }) => {
  const { id, title, severity, status, service, region, assignee, openedAt, resolvedAt, reason, commentCount, isFlapping } =
    incident
  const lastedMs = resolvedAt === null ? null : resolvedAt - openedAt
  return (
    <li data-incident={id} data-status={status} className="relative border-b border-line last:border-0 hover:bg-hover">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
        <div className="flex w-full items-center gap-1.5 sm:w-52">
          <SeverityBadge severity={severity} />
          <IncidentBadge incident={incident} />
        </div>
        <div className="min-w-0 flex-1 basis-60">
          <Link
            to="/incidents/$id"
            params={{ id }}
            className="block truncate rounded-sm font-medium after:absolute after:inset-0"
          >
            <bdi>{title}</bdi>
          </Link>
          <p className="truncate text-xs text-faint">
            <Texts of={[service, region, reason]} />
          </p>
        </div>
        <p className="flex items-center gap-3 text-xs text-muted">
          {isFlapping ? (
            <span className="flex items-center gap-1 text-late">
              <Waves aria-hidden className="size-3.5" />
              Flapping
            </span>
          ) : null}
          {commentCount === 0 ? null : (
            <span className="flex items-center gap-1">
              <MessageSquare role="img" aria-label="Comments:" className="size-3.5" />
              {commentCount}
            </span>
          )}
          {assignee === null ? null : <bdi className="max-w-32 truncate">{assignee}</bdi>}
          <span className="sm:w-28 sm:text-right">
            {lastedMs === null ? <Age at={openedAt} style="ago" /> : `lasted ${formatAge(Math.max(1_000, lastedMs))}`}
          </span>
        </p>
      </div>
    </li>
  )
}
