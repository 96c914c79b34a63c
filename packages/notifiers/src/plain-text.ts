import type { Notification } from '@sightline/core/ports'
import { inertLine } from './inert-line.ts'
import { headline, moreLine } from './wording.ts'

/** A notification as lines of text, without any markup. */
export const plainText = (notification: Notification): string =>
  [
    inertLine(headline(notification), 400),
    ...notification.facts.map(({ name, value }) => `${inertLine(name, 60)}: ${inertLine(value, 500)}`),
    ...notification.items.map(
      ({ severity, title, text }) => `- [${severity}] ${inertLine(title, 250)}${text === '' ? '' : `: ${inertLine(text, 500)}`}`,
    ),
    ...(notification.more === 0 ? [] : [moreLine(notification)]),
    ...notification.links.map(({ text, url }) => `${inertLine(text, 100)}: ${inertLine(url, 1_000)}`),
  ].join('\n')
