import type { Severity } from './incidents.ts'
import type { Quorum } from './services.ts'
import type { Listing, Op } from './shapes.ts'

/** When a rule is in breach. `value` names a number of the service's samples, with the unit in it: `latencyMs`, `cpuPercent`. */
export type RuleCondition =
  /** The service's own verdict; `degraded` includes `down`. */
  | { readonly kind: 'verdict'; readonly is: 'down' | 'degraded' }
  /** In breach from `enter` on; over when back at `exit` (default: before `enter`). In between it stays what it was. */
  | { readonly kind: 'above' | 'below'; readonly value: string; readonly enter: number; readonly exit?: number }
  /** Nothing heard for so long. Default three of the service's intervals. */
  | { readonly kind: 'silence'; readonly afterMs?: number }
  /** Availability over `windowMs` below the objective. */
  | { readonly kind: 'availability'; readonly objectivePercent: number; readonly windowMs: number }
  /** Multi-window, multi-burn-rate: the error budget of `periodMs` (default 30 days) is used up too fast. */
  | { readonly kind: 'burn-rate'; readonly objectivePercent: number; readonly periodMs?: number }

/** A rule as data. Times are ms. */
export interface RuleSpec {
  readonly title?: string
  readonly severity: Severity
  /** Which services it is for, by name or by any of the tags. Default: all that have the number. */
  readonly services?: readonly string[]
  readonly tags?: readonly string[]
  readonly condition: RuleCondition
  /** How long it must be in breach. Default 0. */
  readonly forMs?: number
  /** In breach where `breaches` of the last `of` observations are; `of` at most 30. Default 1 of 1. */
  readonly times?: { readonly breaches: number; readonly of: number }
  /** Good observations in a row that end it. Default 1. */
  readonly recoverAfter?: number
  /**
   * How long it goes on firing after it is over. Default: where flapping is watched, its window divided by its turns (100,000), so that
   * what comes back that soon is one incident; else 0.
   */
  readonly keepFiringForMs?: number
  /** So many turns within so long is flapping: one notice in, one out. Default 6 in 600,000; null never. */
  readonly flapping?: { readonly turns: number; readonly withinMs: number } | null
  /** `region`: an incident for each; else by quorum of the regions one for the service. Default: the service's quorum. */
  readonly quorum?: Quorum | 'region'
}

/** A rule as it is in force. A condition in code can be listed, and changed where it is written. */
export interface Rule extends Omit<RuleSpec, 'condition'> {
  readonly name: string
  readonly condition: RuleCondition | { readonly kind: 'code'; readonly probe: string | null }
  /** `stored` also where a built-in rule was changed while it ran; deleting that brings the built-in one back. */
  readonly origin: 'built-in' | 'config' | 'stored'
  readonly enabled: boolean
}

/** The operations of the group `rules`: what each takes and gives. Rules of the configuration are changed there. */
export type RuleOperations = {
  'rules.list': Op<'query', Record<never, never>, Listing<Rule>>
  'rules.create': Op<'mutation', { name: string } & RuleSpec, Rule>
  'rules.update': Op<'mutation', { name: string; changes: Partial<RuleSpec> }, Rule>
  'rules.delete': Op<'mutation', { name: string }, { deleted: boolean }>
  'rules.setEnabled': Op<'mutation', { name: string; enabled: boolean }, Rule>
}
