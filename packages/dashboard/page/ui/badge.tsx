import type { LucideIcon } from 'lucide-react'
import { cn } from './class-names.ts'

export type Tone = 'up' | 'late' | 'fail' | 'accent' | 'quiet'

const badgeTones: Readonly<Record<Tone, string>> = {
  up: 'bg-up-soft text-up',
  late: 'bg-late-soft text-late',
  fail: 'bg-fail-soft text-fail',
  accent: 'bg-accent-soft text-accent',
  quiet: 'bg-hover text-muted',
}

export const iconTones: Readonly<Record<Tone, string>> = {
  up: 'text-up',
  late: 'text-late',
  fail: 'text-fail',
  accent: 'text-accent',
  quiet: 'text-faint',
}

/** A sign beside its word: the colour alone says nothing. */
export const Badge = ({
  icon: Icon,
  tone,
  label,
}: {
  readonly icon?: LucideIcon
  readonly tone: Tone
  readonly label: string
}) => (
  <span
    className={cn(
      'inline-flex h-5 items-center gap-1 rounded-full px-2 text-2xs font-semibold whitespace-nowrap',
      Icon && 'pl-1.5',
      badgeTones[tone],
    )}
  >
    {Icon ? <Icon aria-hidden className="size-3" /> : null}
    {label}
  </span>
)
