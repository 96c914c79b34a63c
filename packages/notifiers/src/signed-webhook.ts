import { createHmac, timingSafeEqual } from 'node:crypto'
import { SightlineError } from '@sightline/core'
import type { Notifier } from '@sightline/core/ports'
import { boundedNotification } from './bounded-notification.ts'
import { checkedUrl } from './checked-url.ts'
import { postJson } from './post-json.ts'

/** Where a webhook of one's own is. */
export interface WebhookOptions {
  readonly url: string
  /** Both sides know it; at least 16 characters. */
  readonly secret: string
  /** Sent besides. @default none */
  readonly headers?: Readonly<Record<string, string>>
  /** Between two posts, ms. @default 0 */
  readonly paceMs?: number
  /** ms since the Unix epoch. @default Date.now */
  readonly now?: () => number
}

const SHORTEST_SECRET = 16

/**
 * Posts `{ id, notification }` as JSON to a URL of one's own. `x-sightline-signature` is `v1=` and the HMAC-SHA256, in hex, of
 * `<x-sightline-timestamp>.<body>`; the timestamp is in seconds. `idempotency-key`, which is also the `id`, tells a repeat. Throws
 * `INVALID_CONFIG` for what is no URL and for a short secret.
 *
 * @example
 * createSightline({ notifiers: { pager: webhook({ url: 'https://pager.example/in', secret: process.env.PAGER_SECRET }) }, … })
 */
export const webhook = ({ url, secret, headers = {}, paceMs = 0, now = Date.now }: WebhookOptions): Notifier => {
  const target = checkedUrl('The webhook', url)
  if (secret.length < SHORTEST_SECRET) {
    throw new SightlineError('INVALID_CONFIG', `The secret of a webhook has at least ${SHORTEST_SECRET} characters.`)
  }
  return {
    name: 'webhook',
    paceMs,
    send: async (notification, { signal, idempotencyKey }) => {
      const body = JSON.stringify({ id: idempotencyKey, notification: boundedNotification(notification) })
      const timestamp = String(Math.floor(now() / 1_000))
      await postJson({
        who: 'The webhook',
        url: target,
        headers: {
          ...headers,
          'idempotency-key': idempotencyKey,
          'x-sightline-timestamp': timestamp,
          'x-sightline-signature': sign({ secret, timestamp, body }),
        },
        body,
        signal,
      })
      return {}
    },
  }
}

interface Signed {
  readonly secret: string
  readonly timestamp: string
  /** As received, before it is parsed. */
  readonly body: string
}

const sign = ({ secret, timestamp, body }: Signed): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`

/** What the receiver of a signed webhook checks. */
export interface WebhookCheck extends Omit<Signed, 'timestamp'> {
  /** The header `x-sightline-timestamp`, as `request.headers` has it. What is missing is not genuine. */
  readonly timestamp: string | readonly string[] | undefined
  /** The header `x-sightline-signature`, likewise. */
  readonly signature: string | readonly string[] | undefined
  /** How old it may be, in ms. @default 300_000 */
  readonly toleranceMs?: number
  /** ms since the Unix epoch. @default Date.now() */
  readonly now?: number
}

/**
 * Was it sent by who knows the secret, and lately? For receivers. Whether it is a repeat, its `idempotency-key` says.
 *
 * @example
 * if (!verifyWebhook({ secret, body: text, timestamp: headers['x-sightline-timestamp'], signature: headers['x-sightline-signature'] })) return 401
 */
export const verifyWebhook = ({
  secret,
  timestamp,
  body,
  signature,
  toleranceMs = 300_000,
  now = Date.now(),
}: WebhookCheck): boolean => {
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return false
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1_000) > toleranceMs) return false
  const wanted = Buffer.from(sign({ secret, timestamp, body }))
  const given = Buffer.from(signature)
  return wanted.length === given.length && timingSafeEqual(wanted, given)
}
