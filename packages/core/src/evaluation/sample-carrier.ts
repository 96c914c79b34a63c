import type { Sample } from '../domain/sample.ts'
import type { Clock } from '../ports/clock.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { RemoteEvents } from '../remote-events.ts'

export interface SampleCarrierOptions {
  readonly clock: Clock
  readonly remote: Pick<RemoteEvents, 'carry' | 'hear'>
  /** What another process observed. */
  receive(sample: Sample): void
}

/** Takes samples over the bus to whoever leads. Bounded: where there is no room the oldest is dropped, and counted. */
export interface SampleCarrier {
  readonly dropped: number
  send(sample: Sample): void
  start(): void
  flush(): void
  stop(): void
}

const CARRIED = 'samples:observed'
const FLUSH_EVERY_MS = 100
const MAX_WAITING = 10_000
/** The bus carries no longer payloads than 65,536 characters. */
const MAX_MESSAGE = 60_000

export const createSampleCarrier = ({ clock, remote, receive }: SampleCarrierOptions): SampleCarrier => {
  let waiting: Sample[] = []
  let cancel: (() => void) | null = null
  let dropped = 0

  const flush = (): void => {
    cancel?.()
    cancel = null
    const samples = waiting
    waiting = []
    let message: Sample[] = []
    let length = 0
    for (const sample of samples) {
      const size = JSON.stringify(sample).length + 1
      if (size > MAX_MESSAGE) {
        dropped++
        continue
      }
      if (length + size > MAX_MESSAGE) {
        remote.carry(CARRIED, message)
        message = []
        length = 0
      }
      message.push(sample)
      length += size
    }
    if (message.length > 0) remote.carry(CARRIED, message)
  }

  return {
    get dropped() {
      return dropped
    },
    send: (sample) => {
      if (waiting.length >= MAX_WAITING) {
        waiting.shift()
        dropped++
      }
      waiting.push(sample)
      cancel ??= clock.setTimer(FLUSH_EVERY_MS, flush)
    },
    start: () =>
      remote.hear(CARRIED, (payload) => {
        if (Array.isArray(payload)) for (const sample of payload) if (isSample(sample)) receive(sample)
      }),
    flush,
    stop: () => {
      flush()
      cancel?.()
    },
  }
}

const isSample = (value: unknown): value is Sample =>
  isRecord(value) &&
  typeof value.team === 'string' &&
  typeof value.service === 'string' &&
  typeof value.region === 'string' &&
  typeof value.at === 'number' &&
  isRecord(value.values)
