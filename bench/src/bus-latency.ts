import { redisBus } from '@sightline/adapter-redis'
import type { BusEvent } from '@sightline/core/ports'
import { Redis } from 'ioredis'
import { quantile } from './median.ts'

/** Publish → deliver, in ms. */
export interface Latency {
  readonly p50: number
  readonly p99: number
}

const payload = JSON.stringify({ cpu: 41.5, memory: 2 ** 30, regions: Array.from({ length: 40 }, (_, index) => `zone-${index}`) })

const event = (index: number): BusEvent => ({
  id: String(index),
  origin: 'publisher',
  v: 1,
  type: 'snapshot:changed',
  head: { id: 'orders/eu-west', team: 'default', version: { epoch: 'e', revision: index } },
  at: Date.now(),
  payload,
})

interface Way {
  send(index: number): void
  close(): Promise<void>
}

/** One every two ms, so that what is measured is the way and not a queue. */
const measure = async (count: number, open: (heard: (index: number) => void) => Promise<Way>): Promise<Latency> => {
  const sentAt = new Map<number, number>()
  const latencies: number[] = []
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const way = await open((index) => {
    latencies.push(performance.now() - (sentAt.get(index) ?? Number.NaN))
    if (latencies.length === count) finish()
  })
  for (let index = 0; index < count; index++) {
    sentAt.set(index, performance.now())
    way.send(index)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await finished
  await way.close()
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

export const measureBus = (url: string, count: number): Promise<Latency> =>
  measure(count, async (heard) => {
    const prefix = crypto.randomUUID()
    const [publisher, receiver] = [redisBus({ url, prefix }), redisBus({ url, prefix })]
    await publisher.open({ origin: 'publisher', event: () => {}, gap: () => {} })
    await receiver.open({ origin: 'receiver', event: ({ id }) => heard(Number(id)), gap: () => {} })
    return {
      send: (index) => publisher.publish(event(index)),
      close: async () => {
        await Promise.all([publisher.close(), receiver.close()])
      },
    }
  })

/** XADD and XREAD BLOCK as bare as they are, with the same text. */
export const measureBare = (url: string, count: number): Promise<Latency> =>
  measure(count, async (heard) => {
    const stream = crypto.randomUUID()
    const [writer, reader] = [new Redis(url), new Redis(url)]
    let isOver = false
    let last = '0'
    const follow = async (): Promise<void> => {
      while (!isOver) {
        const reply = (await reader.xread('BLOCK', 100, 'STREAMS', stream, last)) as [string, [string, string[]][]][] | null
        for (const [id, fields] of reply?.[0]?.[1] ?? []) {
          last = id
          heard(Number((JSON.parse(fields[1] ?? '') as BusEvent).id))
        }
      }
    }
    const following = follow()
    return {
      send: (index) => void writer.xadd(stream, 'MAXLEN', '~', 10_000, '*', 'e', JSON.stringify(event(index))),
      close: async () => {
        isOver = true
        await following
        writer.disconnect()
        reader.disconnect()
      },
    }
  })
