import type { Incident, IncidentStatus, Severity } from '@sightline/core/protocol'
import { CircleAlert, CircleCheck, Flame, type LucideIcon, SearchCheck, SignalHigh, SignalLow, SignalMedium } from 'lucide-react'
import { Badge, type Tone } from '../ui/badge.tsx'

interface Sign {
  readonly icon: LucideIcon
  readonly label: string
  readonly tone: Tone
}

export const severitySigns: Readonly<Record<Severity, Sign>> = {
  critical: { icon: Flame, label: 'Critical', tone: 'fail' },
  high: { icon: SignalHigh, label: 'High', tone: 'fail' },
  medium: { icon: SignalMedium, label: 'Medium', tone: 'late' },
  low: { icon: SignalLow, label: 'Low', tone: 'quiet' },
}

export const statusSigns: Readonly<Record<IncidentStatus, Sign>> = {
  open: { icon: CircleAlert, label: 'Open', tone: 'fail' },
  investigating: { icon: SearchCheck, label: 'Investigating', tone: 'late' },
  resolved: { icon: CircleCheck, label: 'Resolved', tone: 'up' },
}

export const SeverityBadge = ({ severity }: { readonly severity: Severity }) => <Badge {...severitySigns[severity]} />

/** How far it is: an open one that somebody has seen is `Acknowledged`. */
export const IncidentBadge = ({
  incident: { status, acknowledgedAt },
}: {
  incident: Pick<Incident, 'status' | 'acknowledgedAt'>
}) => <Badge {...statusSigns[status]} {...(status === 'open' && acknowledgedAt !== null ? { label: 'Acknowledged' } : {})} />
