import type { Notification, NotificationStatus } from '@sightline/core/ports'

const labels: Readonly<Record<NotificationStatus, string>> = {
  firing: 'FIRING',
  resolved: 'RESOLVED',
  flapping: 'FLAPPING',
  steady: 'STEADY',
  repeat: 'STILL FIRING',
  test: 'TEST',
}

/** What the first line begins with: `FIRING (critical): `. */
export const label = ({ status, severity }: Pick<Notification, 'status' | 'severity'>): string =>
  status === 'test' ? 'TEST: ' : `${labels[status]} (${severity}): `

/** The first line, the same everywhere: `FIRING (critical): checkout is down`. Not escaped. */
export const headline = (notification: Notification): string => `${label(notification)}${notification.title}`

/** `and 488 more` */
export const moreLine = ({ more }: Pick<Notification, 'more'>): string => `and ${more} more`

/** Red for what fires, green for what is over, and so on, as 0xRRGGBB. */
export const colourOf = ({ status, severity }: Pick<Notification, 'status' | 'severity'>): number => {
  if (status === 'resolved' || status === 'steady') return 0x2eb67d
  if (status === 'test') return 0x6b7280
  return { low: 0x3b82f6, medium: 0xeab308, high: 0xf97316, critical: 0xdc2626 }[severity]
}
