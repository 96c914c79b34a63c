import { SightlineError } from '@sightline/core'
import type { Notification, Notifier } from '@sightline/core/ports'

/** What may be wrong with it; nothing by default. */
export interface Quirks {
  readonly name?: string
  readonly render?: (notification: Notification) => Notification
  readonly key?: (key: string, attempt: number) => string
  readonly receipt?: () => unknown
  /** In place of what its texts are written as. */
  readonly write?: (text: string) => string
  readonly isDeaf?: true
  readonly startsAnyway?: true
  readonly readsAll?: true
  readonly failure?: (status: number, url: string) => Error
  readonly afterFailure?: 'gone'
  readonly keepsReason?: true
  readonly limit?: number
}

/** How it writes a text: no angle bracket and no line break is left. */
const written = (text: string): string =>
  text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

const failureOf = (status: number, retryAfter: string | null): SightlineError =>
  new SightlineError(
    status === 429 ? 'TOO_MANY_REQUESTS' : status >= 500 ? 'UNAVAILABLE' : 'FORBIDDEN',
    `The place answered with status ${status}.`,
    retryAfter === null ? {} : { retryAfterMs: Number(retryAfter) * 1_000 },
  )

/** A small notifier that posts lines of text, and is in order but for its quirks. */
export const plainNotifier = (url: string, quirks: Quirks = {}): Notifier => {
  const { write = written, limit = 300 } = quirks
  let attempt = 0
  let hasFailed = false

  const line = (text: string): string => write(text.slice(0, limit))

  const render = ({ title, status, severity, facts, items, more, links }: Notification): string =>
    [
      `<b>${status} ${severity} ${line(title)}</b>`,
      ...facts.slice(0, limit === 300 ? 10 : undefined).map(({ name, value }) => `${line(name)}: ${line(value)}`),
      ...items.slice(0, limit === 300 ? 10 : undefined).map((item) => `${item.severity} ${line(item.title)} ${line(item.text)}`),
      `and ${more} more`,
      ...links.map((link) => `<a>${line(link.url)}</a>`),
    ].join('\n')

  return {
    name: quirks.name ?? 'plain',
    send: async (notification, { signal, idempotencyKey }) => {
      if (signal.aborted && quirks.startsAnyway === undefined) throw new SightlineError('ABORTED', 'Nobody waits.')
      if (hasFailed && quirks.afterFailure === 'gone') throw new SightlineError('UNAVAILABLE', 'It failed once.')
      const given = quirks.render?.(notification) ?? notification
      try {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'idempotency-key': quirks.key?.(idempotencyKey, attempt++) ?? idempotencyKey },
          body: render(given),
          ...(quirks.isDeaf === true || quirks.startsAnyway === true ? {} : { signal }),
        })
        if (quirks.readsAll === true) await answer.text()
        else await answer.body?.cancel()
        if (answer.ok) return { receipt: (quirks.receipt?.() ?? 'taken') as string }
        throw quirks.failure?.(answer.status, url) ?? failureOf(answer.status, answer.headers.get('retry-after'))
      } catch (thrown) {
        hasFailed = true
        if (quirks.failure !== undefined && !(thrown instanceof TypeError)) throw thrown
        if (thrown instanceof SightlineError) throw thrown
        throw new SightlineError(
          'UNAVAILABLE',
          'The place could not be reached.',
          quirks.keepsReason === true ? { cause: new Error(url) } : {},
        )
      }
    },
  }
}
