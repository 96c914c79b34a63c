import type { Sample } from '../domain/sample.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import type { Operation } from '../operations/define-operation.ts'
import type { SampleOperations } from '../protocol/samples.ts'

/** How long each resolution is kept, in ms; days are kept for ever. */
export interface SampleRetentionTimes {
  /** Each check by itself. @default 48 h */
  readonly rawMs: number
  /** Rollups of a minute. @default 7 days */
  readonly minuteMs: number
  /** Rollups of an hour. @default 90 days */
  readonly hourMs: number
}

export interface SamplesDependencies extends EngineContext {
  readonly retention?: Partial<SampleRetentionTimes>
  /** The unit that somebody gave a number of their own. Default: what its name ends in says. */
  readonly unitOf?: (value: { readonly team: string; readonly service: string; readonly name: string }) => string | null
}

/** What a service answered in a period: checks that were not down, and all checks. */
export interface AvailabilityShare {
  readonly good: number
  readonly total: number
}

/** A service's last numbers in a region, as far as this process observed them. `at` is ms since the Unix epoch. */
export interface LatestValues {
  readonly region: string
  readonly at: number
  readonly values: Readonly<Record<string, number>>
}

/** What became of what was observed, since the process started. */
export interface SampleCounts {
  readonly stored: number
  readonly waiting: number
  /** The oldest that had to go while storage was away. */
  readonly dropped: number
  /** Samples that are too old, too far in the future, or without any number. */
  readonly refused: number
  /** Single numbers that are not finite, or one name too many. */
  readonly refusedValues: number
}

export interface SamplesPart extends EnginePart {
  readonly operations: { readonly [N in keyof SampleOperations]: Operation }
  /** Keeps it for storage. Never waits, never throws. */
  observe(sample: Sample): void
  /** Everybody's samples from `from` up to `to` (ms, exclusive), in the order of their time: stored ones, and those of this process that are not yet. */
  recent(span: { readonly from: number; readonly to: number }): AsyncIterable<Sample>
  /** Of the checks of one region, or of all. Both ends are widened to whole minutes, of a long period to whole hours; an answer is kept for a minute, of a long period for 1/60 of it. */
  share(request: {
    readonly team: string
    readonly service: string
    readonly region?: string
    readonly fromMs: number
    readonly toMs: number
  }): Promise<AvailabilityShare>
  latest(team: string, service: string): readonly LatestValues[]
  readonly counts: SampleCounts
}
