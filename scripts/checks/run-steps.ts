import type { Step, StepResult } from './step.ts'

export interface FinishedStep {
  readonly name: string
  readonly result: StepResult
  readonly elapsedMs: number
}

/** Where progress goes; `now` is in milliseconds, from any origin. */
export interface Progress {
  readonly now: () => number
  started(step: Step): void
  finished(step: FinishedStep): void
}

/** Two side by side: what is checked statically leaves a core idle now and then. */
const LANES = 2

/** The chosen steps and all that must run before them, in their order. Throws on a name that is none. */
export const selectSteps = (steps: readonly Step[], names: readonly string[]): readonly Step[] => {
  const chosen = new Set<string>()
  const choose = (name: string): void => {
    const step = steps.find((candidate) => candidate.name === name)
    if (step === undefined) throw new Error(`no step is called ${name}; there is ${steps.map((known) => known.name).join(', ')}`)
    if (chosen.has(name)) return
    chosen.add(name)
    for (const earlier of step.after ?? []) choose(earlier)
  }
  for (const name of names.length === 0 ? steps.map((step) => step.name) : names) choose(name)
  return steps.filter((step) => chosen.has(step.name))
}

/**
 * Runs all steps, two at a time; one that is to be alone gets that. A step that fails or throws stops no other. Answers in
 * the order of `steps`.
 */
export const runSteps = async (steps: readonly Step[], progress: Progress): Promise<readonly FinishedStep[]> => {
  const waiting = [...steps]
  const running = new Map<string, Promise<void>>()
  const finished = new Map<string, FinishedStep>()

  const runOne = async (step: Step): Promise<void> => {
    progress.started(step)
    const startedAt = progress.now()
    const result = await step.run().catch(
      (error: unknown): StepResult => ({
        passed: 0,
        skipped: 0,
        failures: [{ name: step.name, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }],
      }),
    )
    const done = { name: step.name, result, elapsedMs: progress.now() - startedAt }
    finished.set(step.name, done)
    running.delete(step.name)
    progress.finished(done)
  }

  const isReady = (step: Step): boolean =>
    (step.after ?? []).every((name) => finished.has(name) || !steps.some((other) => other.name === name)) &&
    !steps.some((other) => other.alone === true && running.has(other.name)) &&
    (step.alone === true ? running.size === 0 : running.size < LANES)

  while (waiting.length > 0 || running.size > 0) {
    const index = waiting.findIndex(isReady)
    const [step] = index === -1 ? [] : waiting.splice(index, 1)
    if (step !== undefined) running.set(step.name, runOne(step))
    else if (running.size > 0) await Promise.race(running.values())
    else throw new Error(`these steps wait for each other: ${waiting.map((stuck) => stuck.name).join(', ')}`)
  }
  return steps.flatMap((step) => finished.get(step.name) ?? [])
}
