/** Sends one notification to one place. */
export interface Notifier {
  /** The same `idempotencyKey` on every attempt at one notification. A rejection is retried. */
  send(
    notification: unknown,
    options: { readonly signal: AbortSignal; readonly idempotencyKey: string },
  ): Promise<{ readonly receipt?: string }>
}
