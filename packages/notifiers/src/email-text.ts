import type { Notification } from '@sightline/core/ports'
import { escapedLine, inertLine } from './inert-line.ts'
import { colourOf, headline, label, moreLine } from './wording.ts'

/** One line of a mail's header, at most 200 characters: nothing in it ends the header or turns its direction. */
export const subjectOf = (notification: Notification): string => inertLine(`[Sightline] ${headline(notification)}`, 200)

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escapeHtml = (character: string): string => ENTITIES[character] ?? character

const html = (text: string, maxLength: number): string => escapedLine(text, maxLength, escapeHtml)

/** A text from outside, in its own direction: Hebrew in it does not move what stands beside it. */
const isolated = (text: string, maxLength: number): string => `<bdi>${html(text, maxLength)}</bdi>`

const row = (cells: readonly string[]): string =>
  `<tr>${cells.map((cell) => `<td style="padding:2px 12px 2px 0">${cell}</td>`).join('')}</tr>`

const table = (rows: readonly string[]): string =>
  rows.length === 0 ? '' : `<table style="border-collapse:collapse;font-size:14px">${rows.join('')}</table>`

/** A notification as HTML; every text of it is escaped, and there is nothing to load. */
export const htmlOf = (notification: Notification): string => {
  const { facts, items, more, links } = notification
  const colour = colourOf(notification).toString(16).padStart(6, '0')
  return [
    '<!doctype html><html><body style="font-family:sans-serif;font-size:14px">',
    `<h2 style="border-left:6px solid #${colour};padding-left:10px">${html(label(notification), 60)} ${isolated(notification.title, 600)}</h2>`,
    table(facts.map(({ name, value }) => row([`<b>${html(name, 300)}</b>`, isolated(value, 1_500)]))),
    table(items.map(({ severity, title, text }) => row([severity, isolated(title, 800), isolated(text, 1_500)]))),
    more === 0 ? '' : `<p>${moreLine({ more })}</p>`,
    ...links.map(({ text, url }) => `<p><a href="${html(url, 3_000)}" rel="noreferrer">${html(text, 300)}</a></p>`),
    '</body></html>',
  ].join('\n')
}
