import type { Listing, Op } from './contract.ts'
import type { Severity } from './incidents.ts'
import type { Quorum } from './services.ts'

/**
 * A rule as data. Its condition is a threshold on one number (`value`, with `enter` and `exit`), the service's own verdict
 * (`verdict: 'down'`), or a service-level objective. Times are ms.
 */
export interface RuleSpec {
  readonly title?: string
  readonly severity: Severity
  /** Which services it is for. Default: all that have the number. */
  readonly services?: readonly string[]
  readonly tags?: readonly string[]
  readonly condition:
    | { readonly kind: 'verdict'; readonly is: 'down' | 'degraded' }
    /** In breach from `enter` on; over when back at `exit` (default: `enter`). In between it stays what it was. */
    | { readonly kind: 'above' | 'below'; readonly value: string; readonly enter: number; readonly exit?: number }
    /** Nothing heard for so long. Default three intervals. */
    | { readonly kind: 'silence'; readonly afterMs?: number }
    /** Availability over `windowMs` below the objective. */
    | { readonly kind: 'availability'; readonly objectivePercent: number; readonly windowMs: number }
    /** Multi-window, multi-burn-rate: the error budget of `periodMs` (default 30 days) is used up too fast. */
    | { readonly kind: 'burn-rate'; readonly objectivePercent: number; readonly periodMs?: number }
  /** How long it must be in breach. Default 0. */
  readonly forMs?: number
  /** In breach where `breaches` of the last `of` observations are. */
  readonly times?: { readonly breaches: number; readonly of: number }
  /** Good observations in a row that end it. Default 1. */
  readonly recoverAfter?: number
  /** How long it goes on firing after it is over. Default 0. */
  readonly keepFiringForMs?: number
  /** So many turns within so long is flapping: one notice in, one out. Default 6 in 600,000; null never. */
  readonly flapping?: { readonly turns: number; readonly withinMs: number } | null
  /** `region`: an incident for each; else by quorum of the regions one for the service. Default: the service's quorum. */
  readonly quorum?: Quorum | 'region'
}

/** A rule as it is in force. */
export interface Rule extends RuleSpec {
  readonly name: string
  readonly origin: 'built-in' | 'config' | 'stored'
  readonly enabled: boolean
}

export type RuleOperations = {
  'rules.list': Op<'query', Record<never, never>, Listing<Rule>>
  'rules.create': Op<'mutation', { name: string } & RuleSpec, Rule>
  'rules.update': Op<'mutation', { name: string; changes: Partial<RuleSpec> }, Rule>
  'rules.delete': Op<'mutation', { name: string }, { deleted: boolean }>
  'rules.setEnabled': Op<'mutation', { name: string; enabled: boolean }, Rule>
}
