import type { Severity } from '../protocol/incidents.ts'

/** What an incident is about. At most one that is not resolved exists for each. */
export interface IncidentKey {
  readonly team: string
  readonly rule: string
  readonly service: string
  /** null where it is about the service as a whole. */
  readonly region: string | null
}

/** What the rules decided. Repeating a decision changes nothing. `at` is ms since the Unix epoch. */
export type IncidentDecision = IncidentKey & { readonly at: number; readonly reason: string } & (
    | { readonly kind: 'open'; readonly title: string; readonly severity: Severity; readonly tags: readonly string[] }
    | { readonly kind: 'resolve' | 'flapping' | 'steady' }
  )
