import type { Sample } from '../domain/sample.ts'
import type { EngineContext } from '../engine-part.ts'
import type { LogTopics } from '../protocol/logs.ts'
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
