import type { Notification, Notifier, NotifyOptions, NotifyResult } from '../ports/notifier.ts'

/** A notifier, as its author writes it. */
export interface NotifierDefinition {
  /** What kind of place it is, as it is shown: `pager`. */
  readonly name: string
  /** At least so long between two posts, in ms. @default 0 */
  readonly paceMs?: number
  /**
   * Sends one notification; throws where it was not taken. Pass `signal` on to whatever can be cancelled, and `idempotencyKey` to the other
   * side: a notification may be sent twice, under the same key.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is the common case
  send(notification: Notification, options: NotifyOptions): NotifyResult | void | Promise<NotifyResult | void>
  /** Lets go of what it opened. */
  close?(): void | Promise<void>
}

/**
 * Makes a notifier of a function. What the function throws is tried again; a `SightlineError` says how (`Notifier` lists the codes).
 *
 * @example
 * const pager = (url: string) => defineNotifier({
 *   name: 'pager',
 *   send: async (note, { signal, idempotencyKey }) => {
 *     const answer = await fetch(url, { method: 'POST', signal, headers: { 'idempotency-key': idempotencyKey }, body: JSON.stringify(note) })
 *     if (!answer.ok) throw new Error(`the pager answered ${answer.status}`)
 *   },
 * })
 */
export const defineNotifier = ({ name, paceMs, send, close }: NotifierDefinition): Notifier => ({
  name,
  ...(paceMs === undefined ? {} : { paceMs }),
  send: async (notification, options) => (await send(notification, options)) ?? {},
  close: async () => {
    await close?.()
  },
})
