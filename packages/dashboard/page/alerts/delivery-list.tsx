import type { Delivery } from '@sightline/core/protocol'
import { RotateCcw, Send } from 'lucide-react'
import { formatPlural } from '../format/number.ts'
import { SeverityBadge } from '../incidents/incident-sign.tsx'
import { useClient, useMutation, useTopic } from '../live/app.ts'
import { useStored } from '../live/use-stored.ts'
import { Age, Countdown } from '../ui/age.tsx'
import { Button } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { More } from '../ui/more.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { kindWords, NoticeBadge } from './alert-sign.tsx'
import { type AlertView, deliveryStatuses, filterByView, joinById } from './alert-view.ts'

const atOf = ({ createdAt }: Delivery): number => createdAt

/** Every message to a channel; what could not be delivered is sent once more by hand. */
export const DeliveryList = ({ view }: { readonly view: AlertView }) => {
  const client = useClient()
  const { data: live, error } = useTopic('deliveries')
  const status = deliveryStatuses.find((each) => each === view.status)
  const wanted = {
    ...(status === undefined ? {} : { status }),
    ...(view.channel === undefined ? {} : { channel: view.channel }),
  }
  const stored = useStored(['deliveries', wanted], (page, signal) =>
    client.call('deliveries.list', { ...wanted, ...page }, { signal }),
  )
  if (live === undefined) {
    return error === null ? (
      <Loading what="deliveries" />
    ) : (
      <Failure title="The deliveries cannot be shown">{error.message}</Failure>
    )
  }
  const shown = filterByView(joinById(live, stored.items), { view, at: atOf })
  return (
    <>
      {shown.length === 0 ? (
        <Empty icon={Send} title="No deliveries">
          Alerts that leave for a channel become a message, alone or with others of their group.
        </Empty>
      ) : (
        <ul aria-label="Deliveries">
          {shown.map((delivery) => (
            <DeliveryLine key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
      <More {...stored} />
    </>
  )
}

const DeliveryLine = ({ delivery }: { readonly delivery: Delivery }) => {
  const { id, channel, kind, title, severity, status, attempts, alerts, createdAt, sentAt, nextAttemptAt, lastError } = delivery
  const replay = useMutation('deliveries.replay')
  return (
    <li
      data-delivery={id}
      data-status={status}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5 last:border-0"
    >
      <div className="flex w-full items-center gap-1.5 sm:w-48">
        <NoticeBadge status={status} />
        {kind === 'test' ? null : <SeverityBadge severity={severity} />}
      </div>
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate font-medium">
          <bdi>{title}</bdi>
        </p>
        <p className="truncate text-xs text-faint">
          {[kindWords[kind], alerts.length > 1 ? formatPlural(alerts.length, 'alert') : null, formatPlural(attempts, 'attempt')]
            .filter(Boolean)
            .join(' · ')}
          {status === 'pending' && nextAttemptAt !== null && attempts > 0 ? (
            <>
              {' · next '}
              <Countdown until={nextAttemptAt} />
            </>
          ) : null}
        </p>
        {lastError === null || status === 'sent' ? null : <p className="text-xs break-words text-fail">{lastError}</p>}
        {replay.error === null ? null : (
          <p role="alert" className="text-xs text-fail">
            {replay.error.message}
          </p>
        )}
      </div>
      {status === 'dead' ? (
        <Button
          isPending={replay.isPending}
          icon={<RotateCcw aria-hidden className="size-4 text-faint" />}
          onClick={() => replay.mutate({ id })}
        >
          Send again
        </Button>
      ) : null}
      <p className="flex gap-3 text-xs text-muted">
        <span className="max-w-32 truncate">{channel}</span>
        <span className="sm:w-20 sm:text-right">
          <Age at={sentAt ?? createdAt} style="ago" />
        </span>
      </p>
    </li>
  )
}
