import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { type AgentOptions, createAgent } from './agent.ts'
import { fromPinoLine } from './pino-entry.ts'

/** As an agent's. Lines alone: reports are the application's own business. */
export type PinoTransportOptions = Omit<AgentOptions, 'reports' | 'reportsProcess' | 'intervalMs' | 'onTrouble'>

/** Longer lines are not held, in characters. */
const LONGEST = 1_048_576

/**
 * A transport for pino: its lines go to Sightline, in batches, from a thread of their own.
 *
 * @example
 * const logger = pino(pino.transport({ target: '@sightline/agent/pino', options: { url, token, service: 'checkout' } }))
 */
const pinoTransport = (options: PinoTransportOptions): Writable => {
  // A heartbeat of a thread would speak for an application that may hang.
  const agent = createAgent({ ...options, reports: false })
  const decoder = new StringDecoder('utf8')
  let begun = ''

  const take = (text: string): void => {
    const lines = (begun + text).split('\n')
    begun = lines.pop() ?? ''
    if (begun.length > LONGEST) begun = ''
    for (const line of lines) {
      const entry = line === '' ? null : fromPinoLine(line)
      if (entry !== null) agent.log(entry)
    }
  }

  return new Writable({
    autoDestroy: true,
    decodeStrings: true,
    write: (piece: Buffer, _encoding, done) => {
      take(decoder.write(piece))
      done()
    },
    final: (done) => {
      take(`${decoder.end()}\n`)
      agent.close({ timeoutMs: 5_000 }).then(
        () => done(),
        () => done(),
      )
    },
    destroy: (error, done) => {
      agent.close({ timeoutMs: 0 }).then(
        () => done(error),
        () => done(error),
      )
    },
  })
}

export default pinoTransport
