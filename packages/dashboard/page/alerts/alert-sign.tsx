import type { Alert, Delivery } from '@sightline/core/protocol'
import { CircleCheck, CircleX, Clock, type LucideIcon, Minus, Pause } from 'lucide-react'
import { Badge, type Tone } from '../ui/badge.tsx'

const signs: Readonly<Record<Alert['status'] | Delivery['status'], { icon: LucideIcon; label: string; tone: Tone }>> = {
  waiting: { icon: Clock, label: 'Waiting', tone: 'late' },
  pending: { icon: Clock, label: 'Pending', tone: 'late' },
  held: { icon: Pause, label: 'Held', tone: 'accent' },
  sent: { icon: CircleCheck, label: 'Sent', tone: 'up' },
  dead: { icon: CircleX, label: 'Dead', tone: 'fail' },
  dropped: { icon: Minus, label: 'Dropped', tone: 'quiet' },
}

export const NoticeBadge = ({ status }: { readonly status: keyof typeof signs }) => <Badge {...signs[status]} />

export const noticeStatusName = (status: keyof typeof signs): string => signs[status].label

export const kindWords: Readonly<Record<Alert['kind'] | Delivery['kind'], string>> = {
  firing: 'began',
  resolved: 'ended',
  flapping: 'comes and goes',
  steady: 'holds still again',
  repeat: 'still on',
  test: 'test',
}
