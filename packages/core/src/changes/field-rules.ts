import type { PathStep } from './field-path.ts'

/** How far a number may be from the stored one without being a change: a distance, or a part of the stored number in percent. */
export type Deadband = number | { readonly percent: number }

/** Deadbands by the path of their field: `{ 'hosts.*.load': 0.5, memory: { percent: 2 } }`. */
export type Deadbands = Readonly<Record<string, Deadband>>

/** What the rules say about a field, by its path's steps. */
export interface FieldRule {
  readonly steps: readonly PathStep[]
  readonly deadband: Deadband | null
}

/** What the rules say at one place of a document, and below it. */
export interface RuleState {
  readonly isIgnored: boolean
  readonly deadband: Deadband | null
  /** At the field `key` of this place; null where no rule looks there or below. */
  at(key: string): RuleState | null
}

// A rule and how many of its steps have been taken.
type Position = readonly [rule: number, taken: number]

/**
 * The rules as an automaton: walking down a document follows all paths at once, one look-up a field. States are made when a document
 * first comes there, and their number depends on the rules, not on the documents.
 */
export const compileFieldRules = (rules: readonly FieldRule[]): RuleState | null => {
  const states = new Map<string, RuleState | null>()

  const settle = (positions: readonly Position[]): readonly Position[] =>
    positions.flatMap(([rule, taken]): Position[] =>
      rules[rule]?.steps[taken] === '**' ? [[rule, taken], [rule, taken + 1]] : [[rule, taken]])

  const advance = (positions: readonly Position[], key: string | null): readonly Position[] =>
    positions.flatMap(([rule, taken]): Position[] => {
      const step = rules[rule]?.steps[taken]
      if (step === undefined) return []
      if (step === '**') return [[rule, taken]]
      return step === '*' || (step.key === key && key !== null) ? [[rule, taken + 1]] : []
    })

  const enter = (moved: readonly Position[]): RuleState | null => {
    const positions = [...new Map(settle(moved).map((position) => [position.join(), position])).values()]
    const id = positions.map((position) => position.join()).sort().join(' ')
    const known = states.get(id)
    if (known !== undefined) return known
    const state = positions.length === 0 ? null : make(positions)
    states.set(id, state)
    return state
  }

  const make = (positions: readonly Position[]): RuleState => {
    const here = positions.filter(([rule, taken]) => rules[rule]?.steps.length === taken).map(([rule]) => rules[rule])
    const keys = new Set(positions.flatMap(([rule, taken]) => {
      const step = rules[rule]?.steps[taken]
      return typeof step === 'object' ? [step.key] : []
    }))
    const named = new Map<string, RuleState | null>()
    let other: RuleState | null | undefined
    return {
      isIgnored: here.some((rule) => rule?.deadband === null),
      deadband: here.find((rule) => rule?.deadband !== null)?.deadband ?? null,
      at: (key) => {
        if (!keys.has(key)) {
          if (other === undefined) other = enter(advance(positions, null))
          return other
        }
        let state = named.get(key)
        if (state === undefined) {
          state = enter(advance(positions, key))
          named.set(key, state)
        }
        return state
      },
    }
  }

  return rules.length === 0 ? null : enter(rules.map((_, rule): Position => [rule, 0]))
}

/** Is a number within the band around the stored one? The edge belongs to it, up to the rounding of the two doubles. */
export const isWithin = (deadband: Deadband, stored: number, now: number): boolean => {
  const band = typeof deadband === 'number' ? deadband : Math.abs(stored) * (deadband.percent / 100)
  return Math.abs(now - stored) - band <= Number.EPSILON * Math.max(Math.abs(now), Math.abs(stored))
}
