import type { Socket } from 'node:net'
import { type Observation, type Probe, type ProbeContext, type ProbeKind, SightlineError } from '@sightline/core'
import { type TextFault, type TextJudge, textJudge } from '../expectations/text-expectation.ts'
import { BodyBuffer } from '../http/body-buffer.ts'
import { observed } from '../observed.ts'
import { type ProbeResources, type ResolvedResources, resolveResources } from '../probe-resources.ts'
import { openSocket, toTarget } from '../socket/open-socket.ts'
import { openingValues, roundMs } from '../socket/opening.ts'
import { toSocketError } from '../socket/socket-fault.ts'
import { parseTcpProbeOptions, type TcpProbeOptions } from './tcp-options.ts'

/**
 * Checks ports, for targets that configuration describes.
 *
 * @example
 * tcpProbeKind().open({ host: 'mail.example', port: 25, expect: { matches: '^220 ' } })
 */
export const tcpProbeKind = (resources: ProbeResources = {}): ProbeKind<TcpProbeOptions> => ({
  kind: 'tcp',
  parse: parseTcpProbeOptions,
  open: (options) => tcpProbe(options, resources),
})

/**
 * Connects, and where asked sends and reads. Each check has a connection of its own, which is closed again. The document is
 * `{ "status": "up" }`; what goes wrong is a `failed` observation: `UNAVAILABLE`, `FORBIDDEN` (the guard), `TOO_LARGE` (more than
 * `maxBytes` without what was expected), `TIMEOUT`, `ABORTED`.
 *
 * Its `values`: `connectMs`, with `dnsMs` for a host name; where something is expected `firstByteMs`, connected to first byte, and
 * `readBytes`.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 */
export const tcpProbe = (options: TcpProbeOptions, resources: ProbeResources = {}): Probe =>
  new TcpProbe(parseTcpProbeOptions(options), resolveResources(resources))

class TcpProbe implements Probe {
  readonly #options: TcpProbeOptions
  readonly #resources: ResolvedResources
  readonly #judge: TextJudge | null
  readonly #closing = new AbortController()

  constructor(options: TcpProbeOptions, resources: ResolvedResources) {
    this.#options = options
    this.#resources = resources
    this.#judge = options.expect === undefined ? null : textJudge(options.expect, 'expect')
  }

  collect(context: ProbeContext): Promise<Observation> {
    const { clock, guard } = this.#resources
    const { host, port, send } = this.#options
    return observed(
      { clock, signal: context.signal, closing: this.#closing.signal, target: toTarget({ host, port }) },
      async (values, signal) => {
        const { socket, opening } = await openSocket({ host, port, guard, clock, signal })
        Object.assign(values, openingValues(opening))
        const destroy = (): void => void socket.destroy()
        signal.addEventListener('abort', destroy)
        try {
          if (send !== undefined) socket.write(send)
          if (this.#judge === null) await flushed(socket)
          else await this.#read(socket, { judge: this.#judge, values })
          return { status: 'up' }
        } finally {
          signal.removeEventListener('abort', destroy)
          socket.destroy()
        }
      },
    )
  }

  async close(): Promise<void> {
    this.#closing.abort(new SightlineError('ABORTED', 'The probe was closed.'))
  }

  async #read(socket: Socket, { judge, values }: Reading): Promise<void> {
    const { clock } = this.#resources
    const { maxBytes = 65_536 } = this.#options
    const target = toTarget(this.#options)
    const received = new BodyBuffer(maxBytes)
    const startedAt = clock.monotonic()
    let judgements = 0
    const nothing = (): void => {}
    let cancelTimer = nothing
    try {
      await new Promise<void>((resolve, reject) => {
        const judgeNow = (): TextFault | null => {
          cancelTimer()
          cancelTimer = nothing
          judgements++
          const fault = judge(received.bytes())
          if (fault === null) resolve()
          else if (fault.isFinal) reject(differs(target, fault.message))
          else if (received.length >= maxBytes) reject(tooLong(target, { maxBytes, why: fault.message }))
          return fault
        }
        socket.on('data', (chunk: Buffer) => {
          values.firstByteMs ??= roundMs(clock.monotonic() - startedAt)
          if (!received.append(chunk)) received.append(chunk.subarray(0, maxBytes - received.length))
          values.readBytes = received.length
          // A sender of single bytes must not have all of them looked at again for each.
          if (judgements < promptJudgements || received.length >= maxBytes) judgeNow()
          else if (cancelTimer === nothing) cancelTimer = clock.setTimer(judgeEveryMs, judgeNow)
        })
        socket.once('end', () => {
          const fault = judgeNow()
          if (fault !== null) reject(received.length === 0 ? closedEarly(target) : differs(target, fault.message))
        })
        socket.once('error', (error) => reject(toSocketError(error, target)))
        socket.once('close', () => reject(closedEarly(target)))
      })
    } finally {
      cancelTimer()
    }
  }
}

interface Reading {
  readonly judge: TextJudge
  readonly values: Record<string, number>
}

/** So many pieces are judged as they come, later ones together. */
const promptJudgements = 16
const judgeEveryMs = 20

const differs = (target: string, why: string): SightlineError => new SightlineError('UNAVAILABLE', `What ${target} sent ${why}.`)

const tooLong = (target: string, { maxBytes, why }: { readonly maxBytes: number; readonly why: string }): SightlineError =>
  new SightlineError('TOO_LARGE', `What ${target} sent ${why}, in its first ${maxBytes} bytes.`)

const closedEarly = (target: string): SightlineError =>
  new SightlineError('UNAVAILABLE', `Connection closed by ${target} before it sent what is expected.`)

/** Until all that was written is on its way. */
const flushed = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.end(() => resolve())
  })
