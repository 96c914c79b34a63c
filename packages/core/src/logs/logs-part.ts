import type { Sample } from '../domain/sample.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import type { Operation } from '../operations/define-operation.ts'
import type { LogInput, LogOperations, LogTopics } from '../protocol/logs.ts'
import type { RegisteredTopic } from '../topics/define-topic.ts'
import type { LogChange } from '../topics/topic-change.ts'

/** What a live tail is narrowed to. */
export type LogTailParams = LogTopics['logs'] extends { readonly '~topic': { readonly params: infer P } } ? P : never

export interface LogsDependencies extends EngineContext {
  /** Lines and errors of a service in ten seconds, by whoever wrote them. Never waits. */
  observe(sample: Sample): void
  /** The topics `logs` that somebody in this process is subscribed to. */
  watched(): Iterable<{ readonly team: string; readonly params: LogTailParams }>
  /** Tells a topic's subscribers in this process alone. */
  tell(team: string, name: 'logs', change: { readonly params: LogTailParams } & LogChange): void
  /** Days a line is kept. @default 14 */
  readonly logsDays?: number
  /** What waits for storage at most, in bytes. @default 33,554,432 */
  readonly maxBufferedLogBytes?: number
  /** What else is a secret, beside what is recognised anyhow. @default none */
  readonly redact?: readonly RegExp[]
}

/** Lines that did not get where they should, since the start. */
export interface LogCounters {
  readonly accepted: number
  readonly rejected: number
  readonly stored: number
  /** Of callers in process, who cannot be told to come again; and what storage refused. */
  readonly dropped: number
  /** What waits for storage. */
  readonly waiting: number
}

/** Logs: taken in, made safe, stored, searched, tailed, counted. */
export interface LogsPart extends EnginePart {
  readonly operations: { readonly [N in keyof LogOperations]: Operation }
  readonly topics: { readonly [N in keyof LogTopics]: RegisteredTopic }
  /** A line of this process. Never waits and never throws: what is no line, or has no room, is counted. */
  log(team: string, input: LogInput): void
  readonly counters: LogCounters
}
