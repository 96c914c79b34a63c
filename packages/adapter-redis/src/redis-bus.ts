import { SightlineError } from '@sightline/core'
import type { Bus } from '@sightline/core/ports'
import { type BusReader, openBusReader } from './bus-reader.ts'
import { type BusWriter, createBusWriter } from './bus-writer.ts'
import { openConnection, type RedisSource } from './connection.ts'

export interface RedisBusOptions extends RedisSource {
  /** Begins every key. Installations with the same prefix on the same database are one. @default 'sightline' */
  readonly prefix?: string
  /** How many events the stream keeps, about: how far a reader may fall behind before it is told of a gap. @default 10,000 */
  readonly maxLength?: number
  /** How many events may wait here while the server is away; what is published beyond is dropped, and told as a gap. @default 10,000 */
  readonly maxQueued?: number
  /** How many characters of events may wait here. @default 67,108,864 */
  readonly maxQueuedCharacters?: number
  /** A plain channel that events go to as well, as `{ "type": "snapshot.changed", "data": {…} }`, for other programs. @default none */
  readonly eventsChannel?: string
  /** How long the server may take to answer one call, in ms. @default 2,000 */
  readonly timeoutMs?: number
}

/** What is published right before `close` is still sent, where the server answers within this, in ms. */
const FAREWELL_MS = 500

/**
 * The bus on a Redis stream, `<prefix>:bus`. Each process reads it on a connection of its own and remembers how far it is, so that a server
 * that is away for a while, or a reader that is, costs no event as long as they fit into the stream and into the publishers' queues. A
 * server that comes back as another process (restarted, failed over) may have lost events: receivers are told of a gap.
 *
 * @example
 * createSightline({ ...config, bus: redisBus({ client }) })
 */
export const redisBus = (options: RedisBusOptions): Bus => {
  const { prefix = 'sightline', maxLength = 10_000, maxQueued = 10_000, maxQueuedCharacters = 67_108_864 } = options
  const { eventsChannel, timeoutMs = 2_000, ...source } = options
  const connection = openConnection({ ...source, what: 'The Redis bus', timeoutMs })
  const stream = `${prefix}:bus`
  let writer: BusWriter | null = null
  let reader: BusReader | null = null
  let isOpening = false
  let isClosed = false
  let pinging: Promise<unknown> | null = null

  const unavailable = (why: string): SightlineError => new SightlineError('UNAVAILABLE', `The Redis bus is ${why}.`)

  const end = async (): Promise<void> => {
    reader?.close()
    if (writer !== null) {
      const { drained } = writer
      await Promise.race([drained(), new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref())])
      writer.close()
    }
    connection.close()
  }
  let ending: Promise<void> | null = null

  return {
    name: 'redis',

    open: async (listener) => {
      if (isClosed) throw unavailable('closed')
      if (isOpening || reader !== null) throw new SightlineError('INVALID_INPUT', 'The Redis bus is open already.')
      isOpening = true
      try {
        const opened = await openBusReader({ connection, stream, timeoutMs, listener })
        if (isClosed) {
          opened.close()
          throw unavailable('closed')
        }
        reader = opened
        writer = createBusWriter({
          connection,
          stream,
          maxLength,
          maxQueued,
          maxQueuedCharacters,
          channel: eventsChannel ?? null,
        })
      } finally {
        isOpening = false
      }
    },

    publish: (event) => {
      if (!isClosed) writer?.write(event)
    },

    ping: async () => {
      if (isClosed) throw unavailable('closed')
      if (reader === null) throw unavailable('not open')
      // Whoever asks while one is on its way shares it.
      pinging ??= connection
        .run((redis) => redis.ping())
        .finally(() => {
          pinging = null
        })
      await pinging
    },

    close: async () => {
      isClosed = true
      ending ??= end()
      await ending
    },
  }
}
