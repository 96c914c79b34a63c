/** How a kind of probe is made from configuration: `parse` checks the options, `open` makes a probe with them. */
export interface ProbeKind<O> {
  readonly kind: string
  parse(raw: unknown): O
  open(options: O): Probe
}

/** Collects one observation. Owns what it opened (sockets, agents) until `close`. */
export interface Probe {
  /**
   * Never called twice at once for one target. Should settle soon after `signal` aborts; one that does not is abandoned and
   * counted. A rejection reads as `{ outcome: 'failed' }`. `etag` is the last observation's.
   */
  collect(context: ProbeContext): Promise<Observation>
  close?(): Promise<void>
}

/** What a probe is told. `signal` aborts at the target's timeout. */
export interface ProbeContext {
  readonly region: string
  readonly signal: AbortSignal
  readonly etag?: string
}

/**
 * What a probe saw. `latencyMs` is the whole collection; `values` are the probe's own numbers by name, with the unit in the name
 * (`dnsMs`, `statusCode`). `bytes` is a JSON text as received; `value` a JSON value made in process, which may say that what was seen works
 * badly, and why; `not-modified` says the document of `etag` still stands; `failed` may carry how long the other side asks us to wait.
 */
export type Observation = {
  readonly latencyMs: number
  readonly values: Readonly<Record<string, number>>
  readonly etag?: string
  /** The provider's API version, where it names one. */
  readonly apiVersion?: string
} & (
  | { readonly outcome: 'bytes'; readonly bytes: Uint8Array }
  | { readonly outcome: 'value'; readonly value: unknown; readonly degraded?: true; readonly reason?: string }
  | { readonly outcome: 'not-modified' }
  | { readonly outcome: 'failed'; readonly error: Error; readonly retryAfterMs?: number }
)
