import type { IncidentDetail } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { Check, ChevronRight, RotateCcw, SearchCheck, Waves } from 'lucide-react'
import { IncidentBadge, SeverityBadge } from '../incidents/incident-sign.tsx'
import { useMutation } from '../live/app.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'

/** What it is about, and the next step of working on it. */
export const IncidentHeader = ({ incident }: { readonly incident: IncidentDetail }) => {
  const { id, title, severity, status, acknowledgedAt, isFlapping, reason, service } = incident
  const acknowledge = useMutation('incidents.acknowledge')
  const investigate = useMutation('incidents.investigate')
  const resolve = useMutation('incidents.resolve')
  const reopen = useMutation('incidents.reopen')
  const error = [acknowledge, investigate, resolve, reopen].find((each) => each.error !== null)?.error ?? null
  return (
    <section aria-labelledby="incident-title" className="panel px-4 py-3.5">
      <nav aria-label="Breadcrumb" className="flex items-center gap-1 text-xs text-faint">
        <Link to="/incidents" className="rounded-sm hover:text-text">
          Incidents
        </Link>
        <ChevronRight aria-hidden className="size-3" />
        <span aria-current="page" className="truncate text-muted">
          {service ?? 'by hand'}
        </span>
      </nav>
      <h1 id="incident-title" className="mt-0.5 text-xl font-semibold tracking-tight break-words">
        <bdi>{title}</bdi>
      </h1>
      <div className="mt-1.5 flex flex-wrap items-center gap-1.5">
        <SeverityBadge severity={severity} />
        <IncidentBadge incident={incident} />
        {isFlapping ? <Badge icon={Waves} tone="late" label="Flapping" /> : null}
      </div>
      {reason === '' ? null : (
        <p dir="auto" className="mt-2 break-words whitespace-pre-line text-muted">
          {reason}
        </p>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        {status === 'resolved' ? (
          <Button
            icon={<RotateCcw aria-hidden className="size-4 text-faint" />}
            isPending={reopen.isPending}
            onClick={() => reopen.mutate({ id })}
          >
            Reopen
          </Button>
        ) : (
          <>
            {acknowledgedAt === null ? (
              <Button tone="primary" isPending={acknowledge.isPending} onClick={() => acknowledge.mutate({ id })}>
                Acknowledge
              </Button>
            ) : null}
            {status === 'open' ? (
              <Button
                icon={<SearchCheck aria-hidden className="size-4 text-faint" />}
                isPending={investigate.isPending}
                onClick={() => investigate.mutate({ id })}
              >
                Investigate
              </Button>
            ) : null}
            <Button
              icon={<Check aria-hidden className="size-4 text-faint" />}
              isPending={resolve.isPending}
              onClick={() => resolve.mutate({ id })}
            >
              Resolve
            </Button>
          </>
        )}
      </div>
      {error === null ? null : (
        <p role="alert" className="mt-2 text-fail">
          {error.message}
        </p>
      )}
    </section>
  )
}
