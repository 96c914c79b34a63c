import type { Silence } from '@sightline/core/protocol'
import { BellOff, Plus } from 'lucide-react'
import { useState } from 'react'
import { formatTime } from '../format/time.ts'
import { useMutation, useTopic } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { Texts } from '../ui/texts.tsx'
import { SilenceForm } from './silence-form.tsx'
import { targetWords } from './target-words.ts'

/** What is muted, and until when. A resolve of what was told is never muted. */
export const SilenceList = () => {
  const { data, error } = useTopic('silences')
  const [isAdding, setIsAdding] = useState(false)
  const now = useNow()
  const silences = data?.filter(({ to }) => to > now).toSorted((a, b) => a.to - b.to)
  return (
    <>
      <div className="flex items-center gap-3 border-b border-line px-4 py-2">
        <p className="min-w-0 flex-1 text-xs text-muted">
          Mutes notices for a time. What was told and ends is told all the same.
        </p>
        <Button icon={<Plus aria-hidden className="size-4 text-faint" />} onClick={() => setIsAdding(true)}>
          Add silence
        </Button>
      </div>
      {silences === undefined ? (
        error === null ? (
          <Loading what="silences" rows={3} />
        ) : (
          <Failure title="The silences cannot be shown">{error.message}</Failure>
        )
      ) : silences.length === 0 ? (
        <Empty icon={BellOff} title="Nothing is silenced" />
      ) : (
        <ul aria-label="Silences">
          {silences.map((silence) => (
            <SilenceLine key={silence.id} silence={silence} now={now} />
          ))}
        </ul>
      )}
      {isAdding ? <SilenceForm onClose={() => setIsAdding(false)} /> : null}
    </>
  )
}

const SilenceLine = ({ silence, now }: { readonly silence: Silence; readonly now: number }) => {
  const { id, from, to, reason, by } = silence
  const expire = useMutation('silences.expire')
  return (
    <li data-silence={id} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5 last:border-0">
      {from > now ? <Badge tone="quiet" label="Planned" /> : <Badge icon={BellOff} tone="accent" label="Active" />}
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate font-medium">{targetWords(silence)}</p>
        <p className="text-xs break-words text-faint">
          <Texts of={[`${formatTime(from, now)} to ${formatTime(to, now)}`, reason, by]} />
        </p>
        {expire.error === null ? null : (
          <p role="alert" className="text-fail">
            {expire.error.message}
          </p>
        )}
      </div>
      <Button
        isPending={expire.isPending}
        onClick={() => expire.mutate({ id })}
        aria-label={`End now: silence of ${targetWords(silence)}`}
      >
        End now
      </Button>
    </li>
  )
}
