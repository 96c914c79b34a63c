import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MailX, Send } from 'lucide-react'
import { formatCount } from '../format/number.ts'
import { queryOptions, useMutation } from '../live/app.ts'
import { Button } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'

/** Where alerts can go, and how each channel fares. */
export const ChannelList = () => {
  const { data, error } = useQuery({ ...queryOptions('channels.list', {}), refetchInterval: 10_000 })
  if (data === undefined) {
    return error === null ? (
      <Loading what="channels" rows={3} />
    ) : (
      <Failure title="The channels cannot be shown">{error.message}</Failure>
    )
  }
  if (data.items.length === 0)
    return (
      <Empty icon={MailX} title="There are no channels">
        Nobody is told of anything. Channels are set in the configuration: <code className="font-mono">notifiers</code>.
      </Empty>
    )
  return (
    <ul aria-label="Channels">
      {data.items.map((channel) => (
        <ChannelLine key={channel.name} {...channel} />
      ))}
    </ul>
  )
}

interface ChannelLineProps {
  readonly name: string
  readonly kind: string
  readonly pending: number
  readonly dead: number
  readonly lastError: string | null
}

const ChannelLine = ({ name, kind, pending, dead, lastError }: ChannelLineProps) => {
  const test = useMutation('channels.test')
  return (
    <li
      data-channel={name}
      className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-0"
    >
      <div className="min-w-0 flex-1 basis-48">
        <p className="font-medium">{name}</p>
        <p className="text-xs text-faint">{kind}</p>
        {lastError === null ? null : <p className="text-xs break-words text-fail">{lastError}</p>}
      </div>
      <p className="flex gap-4 text-xs text-muted">
        <span>{formatCount(pending)} pending</span>
        {dead === 0 ? (
          <span>0 dead</span>
        ) : (
          <Link
            to="/alerts"
            search={{ view: 'deliveries', status: 'dead', channel: name }}
            className="rounded-sm font-semibold text-fail underline"
          >
            {formatCount(dead)} dead
          </Link>
        )}
      </p>
      <p role="status" className={test.error ? 'text-xs text-fail' : 'text-xs text-up'}>
        {test.error?.message ?? (test.status === 'success' ? 'A test is on its way' : '')}
      </p>
      <Button
        isPending={test.isPending}
        icon={<Send aria-hidden className="size-4 text-faint" />}
        aria-label={`Send a test to ${name}`}
        onClick={() => test.mutate({ channel: name })}
      >
        Send a test
      </Button>
    </li>
  )
}
