import type { BusEvent } from '@sightline/core/ports'
import type { Connection } from './connection.ts'
import { createOutbox } from './outbox.ts'

export interface BusWriterOptions {
  readonly connection: Connection
  readonly stream: string
  readonly maxLength: number
  readonly maxQueued: number
  readonly maxQueuedCharacters: number
  /** A plain channel that other programs listen to. */
  readonly channel: string | null
}

/** Takes events to the stream, in order, in batches, one batch at a time; tries again for as long as the server is away. */
export interface BusWriter {
  /** Never waits, never throws. */
  write(event: BusEvent): void
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
  close(): void
}

/**
 * KEYS: stream. ARGV: length it is kept at, channel or '', then of each entry: origin, text, message for the channel or ''.
 * A generation is the server's time at which the stream began, in µs.
 */
const appendScript = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local generation = last and string.match(last[1], '^%d+')
if not generation then
  local time = redis.call('TIME')
  generation = string.format('%.0f', time[1] * 1000000 + time[2])
end
for index = 3, #ARGV, 3 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], generation .. '-*', 'o', ARGV[index], 'e', ARGV[index + 1])
  if ARGV[index + 2] ~= '' then redis.call('PUBLISH', ARGV[2], ARGV[index + 2]) end
end
return 1`

const BATCH = { events: 500, characters: 1_000_000 }
const RETRY_MS = 100

/** The text of an entry that is no event: so many were dropped by their publisher. */
export const DROPPED = 'dropped:'

export const createBusWriter = (options: BusWriterOptions): BusWriter => {
  const { connection, stream, maxLength, channel } = options
  const outbox = createOutbox({ maxEvents: options.maxQueued, maxCharacters: options.maxQueuedCharacters })
  const waiting = new Set<() => void>()
  let isSending = false
  let isClosed = false
  let cancelRetry = (): void => {}

  const send = async (): Promise<void> => {
    const batch = outbox.next(BATCH)
    // Told behind what was kept, so that a receiver that compares then has everything else.
    const dropped = batch.length === outbox.size ? outbox.dropped : 0
    const entries = batch.flatMap(({ origin, text }) => [origin, text, channel === null ? '' : toMessage(text)])
    if (dropped > 0) entries.push('', `${DROPPED}${dropped}`, '')
    // Sent again only where the connection broke: a server that is frozen would do all of them once it is back.
    await connection.runPatiently((redis) => redis.eval(appendScript, 1, stream, maxLength, channel ?? '', ...entries))
    outbox.sent(batch.length)
    outbox.told(dropped)
  }

  const sendAll = async (): Promise<void> => {
    try {
      while (!isClosed && (outbox.size > 0 || outbox.dropped > 0)) await send()
      isSending = false
      for (const settle of waiting) settle()
      waiting.clear()
    } catch {
      // Whether it arrived is unknown: it is sent again, and may come twice.
      if (isClosed) return
      const timer = setTimeout(() => void sendAll(), RETRY_MS)
      cancelRetry = () => clearTimeout(timer)
    }
  }

  return {
    write: (event) => {
      if (isClosed) return
      outbox.add({ origin: JSON.stringify(event.origin), text: JSON.stringify(event) })
      if (isSending) return
      isSending = true
      // What is published in one turn goes together.
      queueMicrotask(() => void sendAll())
    },
    drained: () => new Promise((resolve) => (isSending ? waiting.add(resolve) : resolve())),
    close: () => {
      isClosed = true
      cancelRetry()
      for (const settle of waiting) settle()
    },
  }
}

/** `{ type, data }` with a dotted name, for programs that know nothing of Sightline's own form. */
const toMessage = (text: string): string => {
  const { type, payload, head, at } = JSON.parse(text) as BusEvent
  const data = payload === undefined ? null : `,"document":${payload}`
  return `{"type":${JSON.stringify(type.replaceAll(':', '.'))},"data":{"id":${JSON.stringify(head.id)},"team":${JSON.stringify(head.team)},"at":${at}${data ?? ''}}}`
}
