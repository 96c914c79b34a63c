import type { PathStep } from './field-path.ts'

/** How far a number may be from the stored one without being a change: a distance, or a part of the stored number in percent. */
export type Deadband = number | { readonly percent: number }

/** Deadbands by the path of their field: `{ 'hosts.*.load': 0.5, memory: { percent: 2 } }`. */
export type Deadbands = Readonly<Record<string, Deadband>>

/** What the rules say about a field, by its path's steps. */
export interface FieldRule {
  readonly steps: readonly PathStep[]
  /** Null where the field is ignored. */
  readonly deadband: Deadband | null
}

/** What the rules say at one place of a document, and below it. */
export interface RuleState {
  readonly isIgnored: boolean
  readonly deadband: Deadband | null
  /** At the field that `text` names from `from` to `to` (default all of it); null where no rule looks there or below. */
  at(text: string, from?: number, to?: number): RuleState | null
}

// A rule and how many of its steps have been taken.
type Position = readonly [rule: number, taken: number]

/**
 * The rules as an automaton: walking down a document follows all paths at once, one look-up a field. States are made when a document
 * first comes there, and their number depends on the rules, not on the documents.
 */
export const compileFieldRules = (rules: readonly FieldRule[]): RuleState | null => {
  const states = new Map<string, RuleState | null>()

  const stepAt = ([rule, taken]: Position): PathStep | undefined => rules[rule]?.steps[taken]

  const advance = (positions: readonly Position[], key: string | null): readonly Position[] =>
    positions.flatMap((position): Position[] => {
      const [rule, taken] = position
      const step = stepAt(position)
      if (step === undefined) return []
      if (step === '**') return [position]
      return step === '*' || step.key === key ? [[rule, taken + 1]] : []
    })

  const enter = (moved: readonly Position[]): RuleState | null => {
    // `**` may also stand for no key at all: its rule is at the step after it, too.
    const reached = moved.flatMap((position): Position[] =>
      stepAt(position) === '**' ? [position, [position[0], position[1] + 1]] : [position],
    )
    const positions = [...new Map(reached.map((position) => [position.join(), position])).values()]
    const id = [...positions.map((position) => position.join())].sort().join(' ')
    const known = states.get(id)
    if (known !== undefined) return known
    const state = positions.length === 0 ? null : createState(positions)
    states.set(id, state)
    return state
  }

  const createState = (positions: readonly Position[]): RuleState => {
    const here = positions.filter(([rule, taken]) => rules[rule]?.steps.length === taken).map(([rule]) => rules[rule])
    const steps = positions.map(stepAt)
    const keys = [...new Set(steps.flatMap((step) => (typeof step === 'object' ? [step.key] : [])))]
    const named = new Array<RuleState | null | undefined>(keys.length)
    let other: RuleState | null | undefined
    return {
      isIgnored: here.some((rule) => rule?.deadband === null),
      deadband: here.find((rule) => rule?.deadband !== null)?.deadband ?? null,
      at: (text, from = 0, to = text.length) => {
        for (let i = 0; i < keys.length; i++) {
          const key = keys[i] as string
          if (key.length !== to - from || !text.startsWith(key, from)) continue
          const state = named[i] === undefined ? enter(advance(positions, key)) : named[i]
          named[i] = state
          return state ?? null
        }
        if (other === undefined) other = enter(advance(positions, null))
        return other
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
