/** Bad and all events of one step of a window. */
interface Step {
  readonly index: number
  readonly bad: number
  readonly total: number
}

/** Events over a sliding time, counted in steps. Times are ms of a clock that never steps. */
export interface EventWindow {
  readonly stepMs: number
  readonly steps: number
  /** When the first event was counted. */
  readonly first: number | null
  /** Oldest first, without the current one. */
  readonly past: readonly Step[]
  readonly current: Step
}

export const emptyWindow = ({ stepMs, steps }: Pick<EventWindow, 'stepMs' | 'steps'>): EventWindow => ({
  stepMs,
  steps,
  first: null,
  past: [],
  current: { index: Number.NEGATIVE_INFINITY, bad: 0, total: 0 },
})

export interface Events {
  readonly bad: number
  readonly total: number
}

export const addEvents = (window: EventWindow, at: number, { bad, total }: Events): EventWindow => {
  const { current, stepMs, steps } = window
  const index = Math.floor(at / stepMs)
  const first = window.first ?? at
  if (index <= current.index) {
    return { ...window, first, current: { ...current, bad: current.bad + bad, total: current.total + total } }
  }
  const oldest = index - steps
  const past = current.total === 0 ? window.past : [...window.past, current]
  return { ...window, first, past: past.filter((step) => step.index > oldest), current: { index, bad, total } }
}

/** Events of a time, in ms of a clock that never steps. */
export interface OlderEvents extends Events {
  readonly at: number
}

/** What happened before anything that was counted, oldest first; what is no older is left out. */
export const addOlder = (window: EventWindow, events: readonly OlderEvents[]): EventWindow => {
  const known = window.past[0]?.index ?? (window.current.total === 0 ? Number.POSITIVE_INFINITY : window.current.index)
  const steps = events
    .map(({ at, bad, total }) => ({ index: Math.floor(at / window.stepMs), bad, total }))
    .filter(({ index }) => index < known && index > window.current.index - window.steps)
  const first = events[0]?.at ?? Number.POSITIVE_INFINITY
  if (steps.length === 0) return window
  return { ...window, first: Math.min(first, window.first ?? first), past: [...steps, ...window.past] }
}

/**
 * The share of bad events over the last `lengthMs`, 0 to 1. Time before the first event counts as good: little history is no reason to
 * call a budget spent.
 */
export const badShare = (window: EventWindow, at: number, lengthMs: number): number => {
  const oldest = (at - lengthMs) / window.stepMs - 1
  let { bad, total } = window.current
  for (let place = window.past.length - 1; place >= 0; place--) {
    const step = window.past[place] as Step
    if (step.index <= oldest) break
    bad += step.bad
    total += step.total
  }
  if (total === 0) return 0
  const covered = at - (window.first ?? at)
  return (bad / total) * Math.min(1, covered / lengthMs)
}
