import type { ServiceStatus } from '@sightline/core/protocol'
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleQuestionMark,
  CircleX,
  Clock,
  type LucideIcon,
  Waves,
  Wrench,
} from 'lucide-react'
import { useIsConnected } from '../live/shown-state.ts'
import { Badge, iconTones, type Tone } from '../ui/badge.tsx'
import { cn } from '../ui/class-names.ts'

interface Sign {
  readonly icon: LucideIcon
  readonly label: string
  readonly tone: Tone
}

export const serviceSigns: Readonly<Record<ServiceStatus, Sign>> = {
  down: { icon: CircleX, label: 'Down', tone: 'fail' },
  degraded: { icon: CircleAlert, label: 'Degraded', tone: 'late' },
  flapping: { icon: Waves, label: 'Flapping', tone: 'late' },
  stale: { icon: Clock, label: 'Stale', tone: 'late' },
  inconclusive: { icon: CircleQuestionMark, label: 'Inconclusive', tone: 'quiet' },
  maintenance: { icon: Wrench, label: 'Maintenance', tone: 'accent' },
  waiting: { icon: CircleDashed, label: 'Waiting', tone: 'quiet' },
  paused: { icon: CirclePause, label: 'Paused', tone: 'quiet' },
  up: { icon: CircleCheck, label: 'Up', tone: 'up' },
}

const unknown: Sign = { icon: CircleQuestionMark, label: 'Unknown', tone: 'quiet' }

/** While the server is away, what was is no news of what is. */
const useSign = (status: ServiceStatus): Sign => (useIsConnected() ? serviceSigns[status] : unknown)

export const ServiceBadge = ({ status }: { readonly status: ServiceStatus }) => <Badge {...useSign(status)} />

/** For where many stand side by side. `of` says whose it is. */
export const ServiceIcon = ({ status, of, className }: { status: ServiceStatus; of: string; className?: string }) => {
  const { icon: Icon, label, tone } = useSign(status)
  return <Icon role="img" aria-label={`${of}: ${label}`} className={cn('size-4 shrink-0', iconTones[tone], className)} />
}
