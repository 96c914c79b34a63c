import type { Notification, Notifier } from '@sightline/core/ports'
import { boundedNotification } from './bounded-notification.ts'
import { checkedUrl } from './checked-url.ts'
import { escapedLine } from './inert-line.ts'
import { postJson } from './post-json.ts'
import { colourOf, headline, moreLine } from './wording.ts'

/** Where a Slack channel is. */
export interface SlackOptions {
  /** Of an incoming webhook; a secret. */
  readonly webhookUrl: string
  /** Between two posts, ms: Slack takes about one a second for a webhook. @default 1_000 */
  readonly paceMs?: number
}

/**
 * Posts to Slack by an incoming webhook. Texts are plain, never markup: nobody is mentioned and nothing becomes a link but the incident's.
 * Sources: https://docs.slack.dev/messaging/formatting-message-text (escaping), https://docs.slack.dev/reference/block-kit/blocks (lengths),
 * https://docs.slack.dev/apis/web-api/rate-limits (pace). Throws `INVALID_CONFIG` for what is no URL.
 *
 * @example
 * createSightline({ notifiers: { ops: slack({ webhookUrl: process.env.SLACK_WEBHOOK_URL }) }, … })
 */
export const slack = ({ webhookUrl, paceMs = 1_000 }: SlackOptions): Notifier => {
  const url = checkedUrl('Slack', webhookUrl)
  return {
    name: 'slack',
    paceMs,
    send: async (notification, { signal, idempotencyKey }) => {
      await postJson({
        who: 'Slack',
        url,
        headers: { 'idempotency-key': idempotencyKey },
        body: JSON.stringify(toSlackMessage(boundedNotification(notification))),
        signal,
      })
      return {}
    },
  }
}

const HEADER = 150
const SECTION = 3_000
const FIELD = 2_000

/** As Slack's Block Kit has it. */
const toSlackMessage = (notification: Notification) => {
  const { facts, items, more, links } = notification
  const lines = items.map(({ severity, title, text }) => plain(`• [${severity}] ${title}${text === '' ? '' : `: ${text}`}`, 700))
  if (more > 0) lines.push(moreLine({ more }))
  return {
    text: escapedLine(headline(notification), HEADER, escapeSlack),
    // Never looked through for names, whatever the workspace's default.
    link_names: false,
    parse: 'none',
    unfurl_links: false,
    unfurl_media: false,
    attachments: [
      {
        color: `#${colourOf(notification).toString(16).padStart(6, '0')}`,
        blocks: [
          { type: 'header', text: { type: 'plain_text', emoji: false, text: plain(headline(notification), HEADER) } },
          ...(facts.length === 0
            ? []
            : [
                {
                  type: 'section',
                  fields: facts.slice(0, 10).map(({ name, value }) => asPlain(plain(`${name}: ${value}`, FIELD))),
                },
              ]),
          ...intoSections(lines).map((text) => ({ type: 'section', text: asPlain(text) })),
          ...links.map(({ text, url }) => ({
            type: 'section',
            text: { type: 'mrkdwn', verbatim: true, text: `<${escapeUrl(url)}|${plain(text, 100).replaceAll('|', '/')}>` },
          })),
        ],
      },
    ],
  }
}

const asPlain = (text: string) => ({ type: 'plain_text', emoji: false, text })

const plain = (text: string, maxLength: number): string => escapedLine(text, maxLength, escapeSlack)

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** A zero-width space keeps an `@` from being the beginning of a name. */
const escapeSlack = (character: string): string => (character === '@' ? '@\u200b' : (ENTITIES[character] ?? character))

/** A parsed URL holds no `<` or `>` but escaped; what Slack ends it by is escaped too. */
const escapeUrl = (url: string): string =>
  url.replaceAll('&', '&amp;').replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E')

/** Lines put together as far as a section holds them. */
const intoSections = (lines: readonly string[]): readonly string[] => {
  const sections: string[] = []
  let section = ''
  for (const line of lines) {
    if (section !== '' && section.length + 1 + line.length > SECTION) {
      sections.push(section)
      section = ''
    }
    section = section === '' ? line : `${section}\n${line}`
  }
  return section === '' ? sections : [...sections, section]
}
