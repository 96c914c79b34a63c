import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'

const reachOf = { 'keep-alive': 2.2, fresh: 1.7 } as const

/** An HTTP check, detected and stored durably, CPU per check, beside a bare undici request at the same pace. */
export const httpCheckBenches = async (): Promise<BenchRow[]> => {
  const target = await startChild<{ port: number }>('./target-server.ts')
  const rows: BenchRow[] = []
  try {
    for (const [connection, path, size] of [
      ['keep-alive', '/', 'keep-alive, each check a stored change'],
      ['fresh', '/', 'fresh connection, each check a stored change'],
      ['keep-alive', '/same', 'keep-alive, unchanged'],
    ] as const) {
      const { child, message } = await startChild<{ value: number; baseline: number; ratio: number }>('./http-check-run.ts', [
        String(target.message.port),
        connection,
        path,
      ])
      await endChild(child)
      const reach = reachOf[connection]
      rows.push({
        work: 'HTTP check, CPU per check',
        size,
        unit: 'µs',
        ...message,
        reach: `≤ ${reach}×`,
        reached: message.ratio <= reach,
      })
    }
  } finally {
    await endChild(target.child)
  }
  return rows
}
