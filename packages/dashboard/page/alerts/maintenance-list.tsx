import type { Maintenance } from '@sightline/core/protocol'
import { Plus, Wrench } from 'lucide-react'
import { useState } from 'react'
import { formatInterval } from '../format/duration.ts'
import { formatTime } from '../format/time.ts'
import { useMutation, useTopic } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { ConfirmButton } from '../ui/confirm-button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { MaintenanceForm } from './maintenance-form.tsx'
import { targetWords } from './target-words.ts'

/** Planned work: what it is about is in maintenance meanwhile, and nobody is told. */
export const MaintenanceList = () => {
  const { data, error } = useTopic('maintenance')
  const [isAdding, setIsAdding] = useState(false)
  const now = useNow()
  const windows = data?.toSorted(
    (a, b) => (a.next?.from ?? Number.POSITIVE_INFINITY) - (b.next?.from ?? Number.POSITIVE_INFINITY),
  )
  return (
    <>
      <div className="flex items-center gap-3 border-b border-line px-4 py-2">
        <p className="min-w-0 flex-1 text-xs text-muted">Planned work, once or again and again.</p>
        <Button icon={<Plus aria-hidden className="size-4 text-faint" />} onClick={() => setIsAdding(true)}>
          Add window
        </Button>
      </div>
      {windows === undefined ? (
        error === null ? (
          <Loading what="maintenance windows" rows={3} />
        ) : (
          <Failure title="The maintenance windows cannot be shown">{error.message}</Failure>
        )
      ) : windows.length === 0 ? (
        <Empty icon={Wrench} title="No maintenance is planned" />
      ) : (
        <ul aria-label="Maintenance windows">
          {windows.map((window) => (
            <WindowLine key={window.id} window={window} now={now} />
          ))}
        </ul>
      )}
      {isAdding ? <MaintenanceForm onClose={() => setIsAdding(false)} /> : null}
    </>
  )
}

const WindowLine = ({ window, now }: { readonly window: Maintenance; readonly now: number }) => {
  const { id, title, next, cron, timeZone, durationMs, by } = window
  const remove = useMutation('maintenance.delete')
  const isOn = next !== null && next.from <= now && next.to > now
  return (
    <li
      data-maintenance={id}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5 last:border-0"
    >
      {isOn ? (
        <Badge icon={Wrench} tone="accent" label="Active" />
      ) : (
        <Badge tone="quiet" label={next === null || next.to <= now ? 'Over' : 'Planned'} />
      )}
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate font-medium">
          <bdi>{title}</bdi>
        </p>
        <p className="text-xs break-words text-faint">
          {targetWords(window)}
          {next === null ? '' : ` · ${formatTime(next.from, now)} to ${formatTime(next.to, now)}`}
          {cron === undefined ? '' : ` · again by ${cron} (${timeZone ?? 'UTC'}) for ${formatInterval(durationMs ?? 0)}`}
          {by === null ? (
            ''
          ) : (
            <>
              {' · '}
              <bdi>{by}</bdi>
            </>
          )}
        </p>
      </div>
      <ConfirmButton
        label={isOn ? 'End' : 'Delete'}
        title={isOn ? `End ${title} now?` : `Delete ${title}?`}
        isPending={remove.isPending}
        error={remove.error?.message ?? null}
        onConfirm={() => remove.mutateAsync({ id })}
      >
        {isOn ? 'Notices of what it is about go out again at once.' : 'It will not take place.'}
      </ConfirmButton>
    </li>
  )
}
