import type { ServiceDetail } from '@sightline/core/protocol'
import { Link, useNavigate } from '@tanstack/react-router'
import { ChevronRight, CirclePause, CirclePlay, Pencil, ScrollText, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { formatInterval } from '../format/duration.ts'
import { useMutation } from '../live/app.ts'
import { kindName } from '../services/check-fields.ts'
import { ServiceBadge } from '../services/service-sign.tsx'
import { Age } from '../ui/age.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { ConfirmButton } from '../ui/confirm-button.tsx'
import { Availability } from './availability.tsx'
import { CheckNow } from './check-now.tsx'

const ServiceDialog = lazy(() =>
  import('../services/service-dialog.tsx').then(({ ServiceDialog: component }) => ({ default: component })),
)

/** How a service is doing as a whole, and what can be done about it. */
export const ServiceHeader = ({ detail }: { readonly detail: ServiceDetail }) => {
  const { name, title, status, since, kind, origin, enabled, owner, tags, service } = detail
  const [isEdited, setIsEdited] = useState(false)
  const navigate = useNavigate()
  const setEnabled = useMutation('services.setEnabled')
  const remove = useMutation('services.delete', { onSuccess: () => void navigate({ to: '/services' }) })
  const target = service.url ?? (typeof service.check?.url === 'string' ? service.check.url : null)
  return (
    <section aria-labelledby="service-title" className="panel overflow-hidden">
      <div className="flex flex-wrap items-center gap-2 px-4 pt-3.5 pb-3">
        <div className="mr-auto min-w-0 basis-full lg:basis-auto">
          <nav aria-label="Breadcrumb" className="flex items-center gap-1 text-xs text-faint">
            <Link to="/services" className="rounded-sm hover:text-text">
              Services
            </Link>
            <ChevronRight aria-hidden className="size-3" />
            <span aria-current="page" className="truncate text-muted">
              {name}
            </span>
          </nav>
          <h1 id="service-title" className="mt-0.5 flex items-center gap-2 text-xl font-semibold tracking-tight">
            <bdi className="truncate">{title}</bdi>
            <ServiceBadge status={status} />
            {since === null ? null : (
              <span className="text-sm font-normal whitespace-nowrap text-muted">
                for <Age at={since} />
              </span>
            )}
          </h1>
        </div>
        {enabled && kind !== 'report' && kind !== 'heartbeat' ? <CheckNow name={name} /> : null}
        <Button
          icon={
            enabled ? (
              <CirclePause aria-hidden className="size-4 text-faint" />
            ) : (
              <CirclePlay aria-hidden className="size-4 text-faint" />
            )
          }
          isPending={setEnabled.isPending}
          onClick={() => setEnabled.mutate({ name, enabled: !enabled })}
        >
          {enabled ? 'Pause' : 'Resume'}
        </Button>
        {origin === 'stored' ? (
          <>
            <Button icon={<Pencil aria-hidden className="size-4 text-faint" />} onClick={() => setIsEdited(true)}>
              Edit
            </Button>
            <ConfirmButton
              label="Delete"
              icon={<Trash2 aria-hidden className="size-4 text-faint" />}
              title={`Delete ${title}?`}
              isPending={remove.isPending}
              error={remove.error?.message ?? null}
              onConfirm={() => remove.mutateAsync({ name })}
            >
              It is not checked any more. What was measured of it stays as long as measurements are kept.
            </ConfirmButton>
          </>
        ) : null}
        <Link to="/logs" search={{ service: name }} className={buttonClass()}>
          <ScrollText aria-hidden className="size-4 text-faint" />
          Logs
        </Link>
      </div>
      {setEnabled.error === null ? null : (
        <p role="alert" className="px-4 pb-3 text-fail">
          {setEnabled.error.message}
        </p>
      )}
      <p className="flex flex-wrap gap-x-4 gap-y-1 px-4 pb-3 text-xs text-muted">
        <span>
          {kindName(kind)}
          {kind === 'report' ? '' : `, every ${formatInterval(service.intervalMs)}`}
        </span>
        {target === null ? null : <span className="min-w-0 truncate font-mono">{target}</span>}
        <span>Down by {service.quorum === 'any' ? 'any region' : `${service.quorum} of its regions`}</span>
        {owner === null ? null : (
          <span>
            Owner <bdi>{owner}</bdi>
          </span>
        )}
        {tags.map((tag) => (
          <Link key={tag} to="/services" search={{ tag }} className="rounded-sm underline hover:text-text">
            {tag}
          </Link>
        ))}
        {origin === 'config' ? <span className="text-faint">From the configuration; edited there.</span> : null}
      </p>
      {service.description === undefined ? null : (
        <p dir="auto" className="px-4 pb-3 whitespace-pre-line text-pretty">
          {service.description}
        </p>
      )}
      <div className="border-t border-line">
        <Availability service={name} />
      </div>
      <Suspense>{isEdited ? <ServiceDialog name={name} onClose={() => setIsEdited(false)} /> : null}</Suspense>
    </section>
  )
}
