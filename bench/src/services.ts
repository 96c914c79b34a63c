import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'
import { quantile } from './median.ts'
import { serviceFleetRows } from './services-memory.ts'

const run = async <T>(file: string, args: readonly number[]): Promise<T> => {
  const { child, message } = await startChild<T>(file, args.map(String))
  await endChild(child)
  return message
}

const SERVICES = 1_000

const editRows = async (): Promise<BenchRow[]> => {
  const { messages, ms } = await run<{ readonly messages: readonly number[]; readonly ms: readonly number[] }>(
    './service-edits-run.ts',
    [SERVICES, 40],
  )
  const common = { work: 'add or edit a service', size: 'among 1,000, 40 times', baseline: null, ratio: null }
  const [most, slow] = [Math.max(...messages), quantile(ms, 0.95)]
  return [
    { ...common, unit: 'messages', value: most, reach: '≤ 2 messages', reached: most > 0 && most <= 2, note: 'the most of any' },
    { ...common, unit: 'ms', value: slow, reach: '< 100 ms', reached: slow < 100, note: 'p95, until the client has it' },
  ]
}

const httpRow = async (): Promise<BenchRow> => {
  const target = await startChild<{ readonly port: number }>('./target-server.ts')
  try {
    const figures = await run<{ readonly value: number; readonly baseline: number; readonly ratio: number }>(
      './watched-http-run.ts',
      [target.message.port],
    )
    return {
      work: 'HTTP check with rules, samples stored',
      size: '500 a second, unchanged',
      unit: 'µs',
      ...figures,
      reach: 'beside the engine',
      reached: Number.isFinite(figures.value),
      note: 'CPU per check; baseline: the engine without them',
    }
  } finally {
    await endChild(target.child)
  }
}

/** What services cost on top of the engine that checks them. */
export const servicesBenches = async (): Promise<BenchRow[]> => [
  ...(await serviceFleetRows(SERVICES)),
  ...(await editRows()),
  await httpRow(),
]
