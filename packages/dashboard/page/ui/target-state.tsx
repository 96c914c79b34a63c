import type { TargetState } from '@sightline/core/protocol'
import { CircleAlert, CircleCheck, CircleDashed, CirclePause, CircleQuestionMark, CircleX, type LucideIcon } from 'lucide-react'
import { type ShownState, useShownState } from '../live/shown-state.ts'
import { cn } from './class-names.ts'

interface Sign {
  readonly icon: LucideIcon
  readonly label: string
  readonly color: string
  readonly badge: string
}

const stateSigns: Readonly<Record<ShownState, Sign>> = {
  up: { icon: CircleCheck, label: 'Up', color: 'text-up', badge: 'bg-up-soft text-up' },
  failing: { icon: CircleAlert, label: 'Failing', color: 'text-fail', badge: 'bg-fail-soft text-fail' },
  open: { icon: CircleX, label: 'Down', color: 'text-fail', badge: 'bg-fail-soft text-fail' },
  waiting: { icon: CircleDashed, label: 'Waiting', color: 'text-faint', badge: 'bg-hover text-muted' },
  unknown: { icon: CircleQuestionMark, label: 'Unknown', color: 'text-faint', badge: 'bg-hover text-muted' },
  paused: { icon: CirclePause, label: 'Paused', color: 'text-faint', badge: 'bg-hover text-muted' },
}

/** A sign beside its word: the colour alone says nothing. */
export const StateBadge = ({ state }: { readonly state: TargetState }) => {
  const { icon: Icon, label, badge } = stateSigns[useShownState(state)]
  return (
    <span
      className={cn(
        'inline-flex h-5 items-center gap-1 rounded-full pr-2 pl-1.5 text-2xs font-semibold whitespace-nowrap',
        badge,
      )}
    >
      <Icon aria-hidden className="size-3" />
      {label}
    </span>
  )
}

export const StateIcon = ({ state, className }: { readonly state: TargetState; readonly className?: string }) => {
  const { icon: Icon, label, color } = stateSigns[useShownState(state)]
  return <Icon role="img" aria-label={label} className={cn('size-4 shrink-0', color, className)} />
}
