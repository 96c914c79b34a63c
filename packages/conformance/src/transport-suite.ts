import { type Exception, registerSuite, type TestRunner } from './runner.ts'
import { transportContext } from './transport/context.ts'
import { transportGroups } from './transport/groups.ts'
import type { TransportSubject } from './transport/subject.ts'

export type { TransportClient, TransportSubject } from './transport/subject.ts'

/** What is put through the suite of transports, and in which runner. */
export interface TransportConformanceOptions {
  /** As the report shows it. */
  readonly name: string
  /** Registers groups and tests: vitest's `describe` and `test`, or those of another runner. */
  readonly runner: TestRunner
  /** A fresh subject. Two that are open at once are two processes of one installation: one's broadcasts never reach the other's clients. */
  open(): Promise<TransportSubject>
  /** Tests that this subject is known to fail, by name and with the reason; the report lists them. @default none */
  readonly exceptions?: readonly Exception[]
}

/**
 * Registers the suite that every `Transport` must pass. It plugs a gateway of its own into the transport and drives it with real clients.
 *
 * @example
 * transportConformance({ name: 'mine', runner: { describe, test }, open: async () => {
 *   const server = await listen()
 *   return { transport: myTransport({ server }), connect: (shown) => connectMyClient(server.url, shown), dispose: () => server.close() }
 * } })
 */
export const transportConformance = ({ name, runner, open, exceptions = [] }: TransportConformanceOptions): void =>
  registerSuite({
    name: `transport: ${name}`,
    runner,
    groups: transportGroups,
    exceptions,
    open: async () => transportContext(open),
  })
