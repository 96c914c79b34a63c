import { connect as connectSocket } from 'node:net'
import { createInterface } from 'node:readline'
import { type PublicError, SightlineError } from '@sightline/core'
import type { Frame } from '@sightline/core/protocol'
import type { TransportClient } from '../../src/index.ts'
import { type Asked, toLine } from './line-transport.ts'

interface Told {
  readonly welcome?: true
  readonly refused?: PublicError
  readonly frame?: Frame
  readonly bye?: string
  readonly id?: number
  readonly value?: unknown
  readonly error?: PublicError
}

/** A client of `lineTransport`. */
export const lineClient = async (
  port: number,
  { auth, headers = {} }: { readonly auth?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<TransportClient> => {
  const socket = connectSocket(port, '127.0.0.1')
  const frames: Frame[] = []
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let asked = 0
  let reason = 'the connection broke'
  let greeting: { resolve(): void; reject(error: Error): void } | null = null
  const greeted = new Promise<void>((resolve, reject) => {
    greeting = { resolve, reject }
  })
  greeted.catch(() => {})

  socket.on('error', (error) => greeting?.reject(error))
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve())).then(() => {
    const lost = new SightlineError('UNAVAILABLE', reason)
    greeting?.reject(lost)
    for (const { reject } of waiting.values()) reject(lost)
    return reason
  })
  const lines = createInterface({ input: socket })
  lines.on('error', () => {})
  lines.on('line', (line) => {
    const told = parseLine(line)
    if (told === null) return
    if (told.welcome === true) greeting?.resolve()
    else if (told.refused !== undefined) greeting?.reject(toError(told.refused))
    else if (told.frame !== undefined) frames.push(told.frame)
    else if (told.bye !== undefined) reason = told.bye
    else if (told.error !== undefined) waiting.get(told.id ?? -1)?.reject(toError(told.error))
    else waiting.get(told.id ?? -1)?.resolve(told.value)
  })

  const ask = (kind: Asked['ask'], request: unknown): Promise<unknown> => {
    const id = ++asked
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      socket.write(toLine({ id, ask: kind, request }))
    })
  }

  socket.write(toLine({ hello: true, auth, headers }))
  await greeted
  return {
    frames,
    subscribe: (request) => ask('subscribe', request) as ReturnType<TransportClient['subscribe']>,
    unsubscribe: async (request) => void (await ask('unsubscribe', request)),
    call: (request) => ask('call', request),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    closed,
    close: async () => {
      socket.end()
      socket.resume()
      await closed
    },
  }
}

const toError = ({ code, message, ...details }: PublicError): SightlineError => new SightlineError(code, message, details)

/** The last line of a connection that was cut may be half a line. */
const parseLine = (line: string): Told | null => {
  try {
    return JSON.parse(line) as Told
  } catch {
    return null
  }
}
