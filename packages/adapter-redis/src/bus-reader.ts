import { SightlineError } from '@sightline/core'
import type { Bus, BusEvent } from '@sightline/core/ports'
import { DROPPED } from './bus-writer.ts'
import { type Connection, untilReady, within } from './connection.ts'
import { toRedisError } from './redis-error.ts'
import { detectGap, isBehind, parseStreamId, type StreamCursor, streamStart, toStreamId } from './stream-cursor.ts'

export interface BusReaderOptions {
  readonly connection: Connection
  readonly stream: string
  readonly timeoutMs: number
  readonly listener: Parameters<Bus['open']>[0]
}

/** Follows the stream from where it ended when the reader was opened. */
export interface BusReader {
  close(): void
}

/** Entries of one answer, at most. */
const COUNT = 256
/** How long the server holds an answer back when there is nothing new; then the reader looks whether the stream is still the same. */
const BLOCK_MS = 1_000
const RETRY_MS = 100

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

type Reply = [key: string, entries: [id: string, fields: string[]][]][] | null

/** Rejects with `UNAVAILABLE` where the server does not answer, with nothing left open. */
export const openBusReader = async (options: BusReaderOptions): Promise<BusReader> => {
  const { connection, stream, timeoutMs, listener } = options
  const redis = connection.duplicate()
  let isClosed = false
  let cursor: StreamCursor = streamStart
  /** Which server process was read from: another one may hold less than was acknowledged. null where it does not say. */
  let server: string | null = null
  let isNewConnection = false

  const attempt = (call: () => void): void => {
    if (isClosed) return
    try {
      call()
    } catch {
      // A receiver that throws has missed something; one whose `gap` throws as well cannot be told any more.
      try {
        listener.gap('the receiver failed on an event')
      } catch {}
    }
  }

  const gap = (reason: string): void => attempt(() => listener.gap(reason))

  const readEnd = async (): Promise<StreamCursor> => {
    const [last] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1)
    return last === undefined ? streamStart : parseStreamId(last[0])
  }

  const readServer = async (): Promise<string | null> => {
    // Servers behind a proxy, or for a user with few rights, refuse it.
    const info = await redis.info('server').catch((thrown: unknown) => {
      if (thrown instanceof Error && thrown.name === 'ReplyError') return ''
      throw thrown
    })
    return /^run_id:(\w+)/m.exec(info)?.[1] ?? null
  }

  const deliver = (text: string): void => {
    if (text.startsWith(DROPPED)) gap(`${text.slice(DROPPED.length)} events more than their publisher holds`)
    else attempt(() => listener.event(JSON.parse(text) as BusEvent))
  }

  const take = (reply: Reply): void => {
    const own = JSON.stringify(listener.origin)
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      const next = parseStreamId(id)
      const missing = detectGap(cursor, next)
      cursor = next
      if (missing !== null) gap(missing)
      if (isClosed) return
      if (fields[1] !== own) deliver(fields[3] ?? '')
    }
  }

  /** Is it still what was read before? Where the stream ends earlier, it is read from its beginning. */
  const compare = async (): Promise<void> => {
    if (isNewConnection) {
      const now = await within(readServer(), timeoutMs, () => new Error('the server does not answer'))
      if (now === null || now !== server) gap('the server was restarted or replaced')
      server = now
      isNewConnection = false
    }
    if (!isBehind(await readEnd(), cursor)) return
    gap('the stream was lost')
    cursor = streamStart
  }

  const readOnce = async (): Promise<void> => {
    if (isNewConnection) await compare()
    const asked = redis.xread('COUNT', COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', stream, toStreamId(cursor)) as Promise<Reply>
    const reply = await within(asked, BLOCK_MS + timeoutMs, () => new Error('the server holds an answer back'))
    if (isClosed) return
    if (reply === null) await within(compare(), timeoutMs, () => new Error('the server does not answer'))
    else take(reply)
  }

  const reconnect = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => redis.once('close', resolve))
    redis.disconnect(true)
    await closed
  }

  const follow = async (): Promise<void> => {
    while (!isClosed) {
      try {
        await readOnce()
      } catch {
        if (isClosed) return
        isNewConnection = true
        // A connection that does not answer is given up: an answer of it must not come behind those of the next.
        if (redis.status === 'ready') await reconnect()
        await pause(RETRY_MS)
        while (!isClosed && redis.status !== 'ready') await untilReady(redis, BLOCK_MS).catch(() => pause(RETRY_MS))
      }
    }
  }

  const close = (): void => {
    isClosed = true
    redis.disconnect()
  }

  try {
    redis.connect().catch(() => {})
    await untilReady(redis, timeoutMs)
    const opening = Promise.all([readEnd(), readServer()])
    ;[cursor, server] = await within(opening, timeoutMs, () => new SightlineError('UNAVAILABLE', 'The Redis bus had no answer.'))
  } catch (thrown) {
    close()
    throw toRedisError('The Redis bus', thrown)
  }
  void follow()
  return { close }
}
