import type { Notification, Notifier } from '@sightline/core/ports'
import { boundedNotification } from './bounded-notification.ts'
import { checkedUrl } from './checked-url.ts'
import { escapedLine } from './inert-line.ts'
import { postJson } from './post-json.ts'
import { colourOf, headline, moreLine } from './wording.ts'

/** Where a Discord channel is. */
export interface DiscordOptions {
  /** A secret. */
  readonly webhookUrl: string
  /** Between two posts, ms. @default 1_000 */
  readonly paceMs?: number
}

/**
 * Posts to Discord by a webhook, as one embed. Markdown is escaped and mentions are switched off: `@everyone` in a name wakes nobody.
 * Sources: https://docs.discord.com/developers/resources/webhook (execute), https://docs.discord.com/developers/resources/message
 * (allowed mentions, lengths of embeds). Throws `INVALID_CONFIG` for what is no URL.
 *
 * @example
 * createSightline({ notifiers: { ops: discord({ webhookUrl: process.env.DISCORD_WEBHOOK_URL }) }, … })
 */
export const discord = ({ webhookUrl, paceMs = 1_000 }: DiscordOptions): Notifier => {
  const url = checkedUrl('Discord', webhookUrl)
  // Answers with the message, once it is there.
  url.searchParams.set('wait', 'true')
  return {
    name: 'discord',
    paceMs,
    send: async (notification, { signal, idempotencyKey }) => {
      const { text } = await postJson({
        who: 'Discord',
        url,
        headers: { 'idempotency-key': idempotencyKey },
        body: JSON.stringify(toDiscordMessage(boundedNotification(notification))),
        signal,
      })
      const id = /"id"\s*:\s*"(\d{1,25})"/.exec(text)?.[1]
      return id === undefined ? {} : { receipt: id }
    },
  }
}

const TITLE = 256
/** All texts of an embed together may have 6,000 characters. */
const DESCRIPTION = 3_600
const FIELD_NAME = 60
const FIELD_VALUE = 250
const MOST_FIELDS = 6

const toDiscordMessage = (notification: Notification) => {
  const { facts, links, at } = notification
  const [link] = links
  return {
    embeds: [
      {
        title: escaped(headline(notification), TITLE),
        description: describeItems(notification),
        color: colourOf(notification),
        timestamp: new Date(at).toISOString(),
        fields: facts.slice(0, MOST_FIELDS).map(({ name, value }) => ({
          name: escaped(name, FIELD_NAME),
          value: escaped(value, FIELD_VALUE) || '-',
          inline: true,
        })),
        ...(link === undefined ? {} : { url: link.url }),
      },
    ],
    allowed_mentions: { parse: [] },
  }
}

/** As many lines as fit; the others are counted. */
const describeItems = ({ items, more }: Notification): string => {
  const lines: string[] = []
  let length = 0
  for (const { severity, title, text } of items) {
    const line = `• [${severity}] ${escaped(title, 300)}${text === '' ? '' : `: ${escaped(text, 500)}`}`
    if (length + line.length > DESCRIPTION) break
    lines.push(line)
    length += line.length + 1
  }
  const rest = more + items.length - lines.length
  return [...lines, ...(rest === 0 ? [] : [moreLine({ more: rest })])].join('\n')
}

const escaped = (text: string, maxLength: number): string => escapedLine(text, maxLength, escapeMarkdown)

/** Also `:` and `/`, by which links begin, and `<`, `@`, `#`, by which mentions do. */
const escapeMarkdown = (character: string): string => (/[\\*_~`|>#[\]()<@:/+-]/.test(character) ? `\\${character}` : character)
