import type { ChildProcess } from 'node:child_process'
import { loadavg } from 'node:os'
import type { BenchRow } from './bench-row.ts'
import { askChild, endChild, startChild } from './child.ts'
import { median, quantile } from './median.ts'
import { startBenchPostgres } from './postgres-server.ts'
import type { Collected } from './push.ts'
import { startBenchRedis } from './redis-server.ts'

const CLIENTS = [334, 333, 333]
const CHANGES = 40
const EVERY_MS = 100
const ROUNDS = 5
/** Looks for the last change, twice a second. */
const PATIENCE = 20

interface Side {
  /** The first one makes the changes. */
  readonly servers: readonly ChildProcess[]
  /** Of the server at the same place. */
  readonly clients: readonly ChildProcess[]
}

interface Late {
  readonly p50: number
  readonly p99: number
}

const openSide = async (mode: 'sightline' | 'plain', urls: readonly string[]): Promise<Side> => {
  const prefix = crypto.randomUUID()
  const servers: ChildProcess[] = []
  const ports: number[] = []
  for (const [index] of CLIENTS.entries()) {
    const args = [mode, index === 0 ? 'yes' : 'no', ...urls, prefix]
    const { child, message } = await startChild<{ port: number }>('./cluster-server.ts', args)
    servers.push(child)
    ports.push(message.port)
  }
  // All of them at once would wait for each other longer than a connection may take.
  const clients: ChildProcess[] = []
  for (const [index, port] of ports.entries())
    clients.push((await startChild('./push-clients.ts', [String(port), String(CLIENTS[index])])).child)
  return { servers, clients }
}

type Seen = Collected['seen'][number]

/** How late a client had each change, or one behind it: where two come at once, the first is not sent. */
const delaysOf = (seen: Seen, made: readonly number[]): readonly number[] =>
  made.map((madeAt) => {
    const first = seen.find((each) => each.madeAt >= madeAt)
    if (first === undefined) throw new Error('A client does not have the last change.')
    return first.madeAt + first.delay - madeAt
  })

/** What the clients of a process have seen once all of them have the last change; late ones are waited for. */
const collect = async (child: ChildProcess, last: number): Promise<readonly Seen[]> => {
  const all: Seen[number][][] = []
  for (let turn = 0; turn < PATIENCE; turn++) {
    const { seen } = await askChild<Collected>(child, { collect: true })
    for (const [client, more] of seen.entries()) all[client] = [...(all[client] ?? []), ...more]
    if (all.every((each) => (each.at(-1)?.madeAt ?? 0) >= last)) return all
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('A client does not have the last change.')
}

/** How late clients of the processes are that did not make the change. */
const burst = async ({ servers, clients }: Side): Promise<Late> => {
  await askChild(servers[0] as ChildProcess, { changes: CHANGES, everyMs: EVERY_MS })
  const near = await collect(clients[0] as ChildProcess, 0)
  const last = near[0]?.at(-1)?.madeAt ?? 0
  const far = await Promise.all(clients.slice(1).map((child) => collect(child, last)))
  // What storage was late with comes twice, provisional first; what was asked for while it was being asked for is one change.
  const made = [...new Set(near[0]?.map(({ madeAt }) => madeAt))]
  if (made.length < CHANGES * 0.9) throw new Error(`${made.length} changes of ${CHANGES} were made.`)
  const delays = far.flatMap((seen) => seen.flatMap((each) => delaysOf(each, made)))
  return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) }
}

/** A change made in one process, at 1,000 clients of three. Nothing where there is no Redis or no PostgreSQL. */
export const clusterBenches = async (): Promise<BenchRow[]> => {
  const redis = await startBenchRedis()
  const postgres = await startBenchPostgres()
  const sides: Side[] = []
  try {
    if (redis === null || postgres === null) {
      console.error(`cluster: skipped, there is no ${redis === null ? 'Redis' : 'PostgreSQL'} to measure with`)
      return []
    }
    const sightline = await openSide('sightline', [redis.url, postgres.url])
    sides.push(sightline)
    const plain = await openSide('plain', [redis.url, postgres.url])
    sides.push(plain)
    for (const side of sides) await burst(side)
    const pairs: { readonly own: Late; readonly bare: Late }[] = []
    for (let round = 0; round < ROUNDS; round++) pairs.push({ own: await burst(sightline), bare: await burst(plain) })
    return (['p50', 'p99'] as const).map((which) => {
      const value = median(pairs.map(({ own }) => own[which]))
      return {
        work: 'change in process A → client of process B',
        size: `1,000 clients, three processes, ${which}`,
        unit: 'ms',
        value,
        baseline: median(pairs.map(({ bare }) => bare[which])),
        ratio: median(pairs.map(({ own, bare }) => own[which] / bare[which])),
        reach: which === 'p99' ? '< 250 ms' : 'printed',
        reached: which === 'p50' || value < 250,
        note: `${redis.version}, PostgreSQL; baseline: Redis pub/sub and Socket.IO; load ${loadavg()[0]?.toFixed(1)}`,
      }
    })
  } finally {
    for (const { servers, clients } of sides) for (const child of [...clients, ...servers]) await endChild(child)
    await redis?.stop()
    await postgres?.stop()
  }
}
