import type { BenchRow } from './bench-row.ts'
import { type Latency, measureBare, measureBus } from './bus-latency.ts'
import { endChild, startChild } from './child.ts'
import { median } from './median.ts'
import { startBenchRedis } from './redis-server.ts'

interface Worked {
  readonly ticks: number
  readonly cpuMicros: number
  readonly p50: number
  readonly p99: number
}

const TARGETS = 1_000
const EVERY_MS = 1_000
/** Two workers have shared the targets by then. */
const WARM_UP_MS = 10_000
const RUN_MS = 10_000

const work = async (url: string): Promise<Worked> => {
  const args = [url, ...[TARGETS, EVERY_MS, url === '' ? 2_000 : WARM_UP_MS, RUN_MS].map(String)]
  const { child, message } = await startChild<Worked>('./ticking-run.ts', args)
  await endChild(child)
  return message
}

/** BullMQ's ticks beside the in-process scheduler's, and the bus beside bare streams. Nothing where there is no Redis. */
export const redisBenches = async (): Promise<BenchRow[]> => {
  const server = await startBenchRedis()
  if (server === null) {
    console.error('redis: skipped, REDIS_URL is not set and neither redis-server nor valkey-server is installed')
    return []
  }
  try {
    return [...(await schedulingRows(server.url, server.version)), ...(await busRows(server.url, server.version))]
  } finally {
    await server.stop()
  }
}

const schedulingRows = async (url: string, version: string): Promise<BenchRow[]> => {
  const alone = await work('')
  const workers = await Promise.all([work(url), work(url)])
  const ticks = workers.reduce((sum, worker) => sum + worker.ticks, 0)
  const perTick = workers.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0) / ticks
  const alonePerTick = alone.cpuMicros / alone.ticks
  const p99 = Math.max(...workers.map((worker) => worker.p99))
  const due = (TARGETS * RUN_MS) / EVERY_MS
  return [
    {
      work: 'BullMQ, 1,000 targets each second, two workers',
      size: 'drift p99',
      unit: 'ms',
      value: p99,
      baseline: alone.p99,
      ratio: p99 / alone.p99,
      reach: '< 1,000 ms',
      reached: p99 < 1_000,
      note: `${version}; ${workers.map((worker) => worker.ticks).join(' + ')} of ${due} ticks; p50 ${Math.max(...workers.map(({ p50 }) => p50)).toFixed(0)} ms`,
    },
    {
      work: 'BullMQ, 1,000 targets each second, two workers',
      size: 'CPU per tick',
      unit: 'µs',
      value: perTick,
      baseline: alonePerTick,
      ratio: perTick / alonePerTick,
      reach: 'printed',
      reached: ticks > due * 0.95,
      note: 'of the workers, without Redis’ own; baseline: the in-process scheduler',
    },
  ]
}

const ROUNDS = 3
const EVENTS = 1_000

const busRows = async (url: string, version: string): Promise<BenchRow[]> => {
  await measureBus(url, 200)
  await measureBare(url, 200)
  const pairs: { readonly bus: Latency; readonly bare: Latency }[] = []
  for (let round = 0; round < ROUNDS; round++)
    pairs.push({ bus: await measureBus(url, EVENTS), bare: await measureBare(url, EVENTS) })
  return (['p50', 'p99'] as const).map((which) => {
    const ratio = median(pairs.map(({ bus, bare }) => bus[which] / bare[which]))
    return {
      work: 'bus, publish → deliver',
      size: which,
      unit: 'ms',
      value: median(pairs.map(({ bus }) => bus[which])),
      baseline: median(pairs.map(({ bare }) => bare[which])),
      ratio,
      reach: '≤ 2× bare XADD and XREAD',
      reached: ratio <= 2,
      note: `${version}; ${EVENTS} events, one every 2 ms`,
    }
  })
}
