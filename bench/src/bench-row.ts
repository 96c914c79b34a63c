/** One figure, beside its baseline of the same run. */
export interface BenchRow {
  readonly work: string
  readonly size: string
  readonly unit: string
  readonly value: number
  /** null where there is nothing to compare with. */
  readonly baseline: number | null
  /** value / baseline, the median over pairs measured in turn. */
  readonly ratio: number | null
  /** What is to be reached, in words. */
  readonly reach: string
  readonly reached: boolean
  readonly note?: string
}
