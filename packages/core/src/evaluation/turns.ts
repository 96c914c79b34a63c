/** So many turns within so long is flapping. */
export interface FlappingPolicy {
  readonly turns: number
  readonly withinMs: number
}

/** When something turned last, oldest first, in ms of a clock that never steps; only as many as are asked about. */
export type Turns = readonly number[]

export const noTurns: Turns = []

export const addTurn = (turns: Turns, at: number, policy: FlappingPolicy | null): Turns =>
  policy === null ? noTurns : [...turns, at].slice(-policy.turns)

export const isTurningOften = (turns: Turns, at: number, policy: FlappingPolicy | null): boolean =>
  policy !== null && turns.length >= policy.turns && at - (turns[0] ?? at) <= policy.withinMs

/** When what flaps will have been steady for a whole window. */
export const steadyAt = (turns: Turns, policy: FlappingPolicy | null): number =>
  policy === null ? Number.NEGATIVE_INFINITY : (turns.at(-1) ?? Number.NEGATIVE_INFINITY) + policy.withinMs
