import type { IncidentDetail, IncidentEvent } from '@sightline/core/protocol'
import {
  BellRing,
  CircleCheck,
  CircleDot,
  Eye,
  Gauge,
  type LucideIcon,
  MessageSquare,
  RotateCcw,
  SearchCheck,
  UserRound,
  Waves,
} from 'lucide-react'
import { formatPlural } from '../format/number.ts'
import { formatTime, toIso } from '../format/time.ts'
import { useNow } from '../live/live-context.tsx'
import { cn } from '../ui/class-names.ts'
import { mentionParts } from './mention-parts.ts'
import { isUnconfirmed } from './optimistic-comment.ts'

const kinds: Readonly<Record<IncidentEvent['kind'], { readonly icon: LucideIcon; readonly verb: string }>> = {
  opened: { icon: BellRing, verb: 'opened it' },
  acknowledged: { icon: Eye, verb: 'acknowledged it' },
  investigating: { icon: SearchCheck, verb: 'investigates' },
  assigned: { icon: UserRound, verb: 'assigned it' },
  commented: { icon: MessageSquare, verb: 'commented' },
  severity: { icon: Gauge, verb: 'set the severity' },
  flapping: { icon: Waves, verb: 'saw it come and go' },
  steady: { icon: CircleDot, verb: 'saw it hold still again' },
  resolved: { icon: CircleCheck, verb: 'resolved it' },
  reopened: { icon: RotateCcw, verb: 'reopened it' },
}

/** What happened to an incident, oldest first. New events are told to those who listen. */
export const Timeline = ({ incident }: { readonly incident: IncidentDetail }) => {
  const now = useNow()
  const { timeline, omittedEvents, rule } = incident
  return (
    <ol aria-label="Timeline" aria-live="polite" className="flex flex-col gap-3 px-4 py-3">
      {timeline.map((event, i) => (
        <Event key={event.id} event={event} rule={rule} now={now} note={i === 0 && omittedEvents > 0 ? omittedEvents : 0} />
      ))}
    </ol>
  )
}

interface EventProps {
  readonly event: IncidentEvent
  readonly rule: string | null
  readonly now: number
  /** Events left out after this one. */
  readonly note: number
}

const Event = ({ event, rule, now, note }: EventProps) => {
  const { icon: Icon, verb } = kinds[event.kind]
  const isComment = event.kind === 'commented'
  return (
    <>
      <li data-event={event.kind} className={cn('flex gap-3', isUnconfirmed(event) && 'opacity-60')}>
        <span className="mt-0.5 flex size-5 shrink-0 items-center justify-center text-faint">
          <Icon aria-hidden className="size-4" />
        </span>
        <div className="min-w-0 flex-1">
          <p className="text-xs text-muted">
            <bdi className="font-semibold text-text">
              {event.by === null ? 'Somebody' : event.by === rule ? `Rule ${rule}` : event.by}
            </bdi>{' '}
            {verb}
            {isComment || event.text === '' ? '' : ': '}
            {isComment ? '' : <bdi className="break-words text-text">{event.text}</bdi>}{' '}
            {isUnconfirmed(event) ? 'sending' : <time dateTime={toIso(event.at)}>{formatTime(event.at, now)}</time>}
          </p>
          {isComment ? (
            <p dir="auto" className="mt-1 w-fit max-w-full rounded-md bg-hover px-3 py-2 break-words whitespace-pre-line">
              {mentionParts(event.text, event.mentions ?? []).map(({ text, isMention, at }) =>
                isMention ? (
                  <strong key={at} className="font-semibold text-accent">
                    {text}
                  </strong>
                ) : (
                  text
                ),
              )}
            </p>
          ) : null}
        </div>
      </li>
      {note > 0 ? <li className="pl-8 text-xs text-faint">{formatPlural(note, 'event')} left out</li> : null}
    </>
  )
}
