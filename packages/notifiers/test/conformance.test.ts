import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { HTTP_BEHAVIOURS, type NotifierSubject, notifierConformance, openHttpPlace, type Received } from '@sightline/conformance'
import type { Notifier } from '@sightline/core/ports'
import { describe, test } from 'vitest'
import { discord, email, fileNotifier, slack, webhook } from '../src/index.ts'
import { mailParts } from './support/mail-parts.ts'
import { openSmtpPlace, SMTP_BEHAVIOURS } from './support/smtp-place.ts'

const runner = { describe, test }
const SECRETS = ['s3cret-path', 's3cret-key-of-the-place']

type Jsonish = { readonly [key: string]: Jsonish } | readonly Jsonish[] | string | number | boolean | null

/** Every text of a JSON value with the path to it, array indexes left out. */
const textsOf = (value: Jsonish, at = ''): readonly (readonly [string, string])[] => {
  if (typeof value === 'string') return [[at, value]]
  if (Array.isArray(value)) return value.flatMap((item: Jsonish) => textsOf(item, `${at}[]`))
  return value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, item]) => textsOf(item, `${at}.${key}`))
    : []
}

const bodyOf = (received: Received): Jsonish => JSON.parse(received.raw.slice(received.raw.lastIndexOf('\n{') + 1))
const bodyTexts = (received: Received) => textsOf(bodyOf(received))

const openHttp = async (
  make: (url: string) => Notifier,
  read: Pick<NotifierSubject, 'shown' | 'acts'>,
): Promise<NotifierSubject> => {
  const place = await openHttpPlace()
  return { ...place, ...read, notifier: make(place.url), secrets: SECRETS }
}

const unescapeEntities = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')

notifierConformance({
  name: 'slack',
  runner,
  can: HTTP_BEHAVIOURS,
  open: () =>
    openHttp((webhookUrl) => slack({ webhookUrl, paceMs: 0 }), {
      shown: (received) =>
        bodyTexts(received)
          .map(([, text]) => unescapeEntities(text))
          .join('\n'),
      acts: (received) =>
        bodyTexts(received).flatMap(([at, text]) => [
          at,
          ...(at.endsWith('.type') ? [text] : []),
          ...(text.match(/<[^>]*>|@(?:channel|here|everyone)|[<>]|&(?!amp;|lt;|gt;)/g) ?? []),
          ...(text.match(/\n/g) ?? []),
        ]),
    }),
})

notifierConformance({
  name: 'discord',
  runner,
  can: HTTP_BEHAVIOURS,
  open: () =>
    openHttp((webhookUrl) => discord({ webhookUrl, paceMs: 0 }), {
      shown: (received) =>
        bodyTexts(received)
          .map(([, text]) => text.replaceAll(/\\(.)/g, '$1'))
          .join('\n'),
      acts: (received) => [
        JSON.stringify((bodyOf(received) as { allowed_mentions: Jsonish }).allowed_mentions),
        ...bodyTexts(received).flatMap(([at, text]) => [
          at,
          ...(/title|description|fields/.test(at) ? (text.replaceAll(/\\[^\w\s]/g, '').match(/[*_~`|<>[\]()@#\n]/g) ?? []) : []),
        ]),
      ],
    }),
})

notifierConformance({
  name: 'webhook',
  runner,
  can: HTTP_BEHAVIOURS,
  open: () =>
    openHttp((url) => webhook({ url, secret: 's3cret-key-of-the-place' }), {
      shown: (received) =>
        `${bodyTexts(received)
          .map(([, text]) => text)
          .join('\n')}\nand ${(bodyOf(received) as { notification: { more: number } }).notification.more} more`,
      acts: (received) => [...received.raw.split('\n').map(() => 'line'), ...bodyTexts(received).map(([at]) => at)],
    }),
})

const htmlActs = (html: string): readonly string[] => html.match(/<[^>]*>?/g) ?? []
const htmlShown = (html: string): string => unescapeEntities(html.replaceAll(/<[^>]*>/g, ' '))

const service = {
  shown: (received: Received) => {
    const all = new Map(bodyTexts(received))
    return `${all.get('.subject')}\n${htmlShown(all.get('.html') ?? all.get('.content[].value') ?? '')}`
  },
  acts: (received: Received) =>
    bodyTexts(received).flatMap(([at, text]) => [
      at,
      ...(text.startsWith('<!doctype') ? htmlActs(text) : (text.match(/[\r\n]/g) ?? [])),
    ]),
}
const addresses = { from: 'Sightline <alerts@example.org>', to: ['ops@example.org', 'On Call <oncall@example.org>'] }

notifierConformance({
  name: 'email by Resend',
  runner,
  can: HTTP_BEHAVIOURS,
  open: () => openHttp((url) => email({ ...addresses, resend: { apiKey: 's3cret-key-of-the-place', url } }), service),
})

notifierConformance({
  name: 'email by SendGrid',
  runner,
  can: HTTP_BEHAVIOURS,
  open: () => openHttp((url) => email({ ...addresses, sendgrid: { apiKey: 's3cret-key-of-the-place', url } }), service),
})

notifierConformance({
  name: 'email by SMTP',
  runner,
  can: SMTP_BEHAVIOURS,
  open: async () => {
    const place = await openSmtpPlace()
    const auth = { user: 'sightline', pass: 's3cret-key-of-the-place' }
    return {
      received: place.received,
      behave: place.behave,
      dispose: place.dispose,
      notifier: email({ ...addresses, smtp: { host: '127.0.0.1', port: place.port, auth, requireTls: false } }),
      secrets: ['s3cret-key-of-the-place', Buffer.from('s3cret-key-of-the-place').toString('base64')],
      shown: ({ raw }) => `${mailParts(raw).text}\n${htmlShown(mailParts(raw).html)}`,
      acts: ({ raw }) => {
        const { headers, text, html } = mailParts(raw)
        return [...headers.map(([name]) => name), ...(text.match(/\n/g) ?? []), ...htmlActs(html)]
      },
    }
  },
})

notifierConformance({
  name: 'file',
  runner,
  can: ['takes', 'fails'],
  open: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sightline-notifier-'))
    const file = path.join(folder, 's3cret-path', 'alerts.ndjson')
    const blocked = path.dirname(file)
    return {
      notifier: fileNotifier({ file }),
      secrets: ['s3cret-path'],
      received: async () => {
        const text = await readFile(file, 'utf8').catch(() => '')
        return text
          .split('\n')
          .slice(0, -1)
          .map((raw) => ({ key: (JSON.parse(raw) as { id: string }).id, raw }))
      },
      behave: async (behaviour) => {
        // A file stands where its folder should be.
        await rm(blocked, { recursive: true, force: true })
        if (behaviour === 'fails') await writeFile(blocked, '')
      },
      shown: ({ raw }) => {
        const { notification } = JSON.parse(raw) as { notification: { more: number } }
        return `${textsOf(notification as unknown as Jsonish)
          .map(([, text]) => text)
          .join('\n')}\nand ${notification.more} more`
      },
      acts: ({ raw }) => textsOf(JSON.parse(raw) as Jsonish).map(([at]) => at),
      dispose: () => rm(folder, { recursive: true, force: true }),
    }
  },
})
