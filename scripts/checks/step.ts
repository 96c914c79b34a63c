/** One thing that was found wrong. */
export interface Failure {
  /** What failed: a test's full name, a package, a rule. */
  readonly name: string
  /** What a developer needs to see to mend it. */
  readonly detail: string
}

/** What a step counted. Only what really ran is counted as passed. */
export interface StepResult {
  readonly passed: number
  readonly skipped: number
  readonly failures: readonly Failure[]
}

/** One part of `npm test`. */
export interface Step {
  readonly name: string
  /** What it makes sure of, in one line. */
  readonly about: string
  /** Steps that run before it, whether they pass or not. */
  readonly after?: readonly string[]
  /** Runs with nothing beside it. Default: false. */
  readonly alone?: boolean
  run(): Promise<StepResult>
}

/** A single check: what it is called, and what is wrong, if anything. */
export interface Check {
  readonly name: string
  readonly fault?: string | undefined
}

export const toStepResult = (checks: readonly Check[]): StepResult => ({
  passed: checks.filter((check) => check.fault === undefined).length,
  skipped: 0,
  failures: checks.flatMap(({ name, fault }) => (fault === undefined ? [] : [{ name, detail: fault }])),
})
