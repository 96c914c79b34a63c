/**
 * What was observed of a service in a region at a time: one check, one report of its own, one interval of its logs. `values` are numbers by
 * name with the unit in it (`latencyMs`, `cpuPercent`). The one shape that charts, rules and statuses are made from.
 */
export interface Sample {
  readonly team: string
  readonly service: string
  readonly region: string
  /** ms since the Unix epoch. */
  readonly at: number
  /** null where only numbers were observed: they say nothing of whether it is up. */
  readonly verdict: Verdict | null
  readonly values: Readonly<Record<string, number>>
  /** Why it is not up, in one line. */
  readonly reason?: string
  /** Why it cannot be believed that it is not up, in one line: whoever observed it was unwell itself. */
  readonly doubt?: string
}

export type Verdict = 'up' | 'degraded' | 'down'
