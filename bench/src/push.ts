import type { ChildProcess } from 'node:child_process'
import type { BenchRow } from './bench-row.ts'
import { askChild, endChild, startChild } from './child.ts'
import { median, quantile } from './median.ts'

const CLIENTS = 1_000
const CHANGES = 40
const EVERY_MS = 100
const ROUNDS = 5

/** What each client of a process saw. */
export interface Collected {
  readonly seen: readonly (readonly { readonly madeAt: number; readonly delay: number }[])[]
}

interface Side {
  readonly server: ChildProcess
  readonly clients: readonly ChildProcess[]
}

const open = async (mode: 'sightline' | 'plain'): Promise<Side> => {
  const { child: server, message } = await startChild<{ port: number }>('./push-server.ts', [mode])
  const clients = await Promise.all(
    [0, 1].map(() => startChild('./push-clients.ts', [String(message.port), String(CLIENTS / 2)])),
  )
  return { server, clients: clients.map(({ child }) => child) }
}

const burst = async ({
  server,
  clients,
}: Side): Promise<{ readonly cpuPerDelivery: number; readonly p99: number; readonly delivered: number }> => {
  const { cpuMicros } = await askChild<{ cpuMicros: number }>(server, { changes: CHANGES, everyMs: EVERY_MS })
  const delays = (await Promise.all(clients.map((child) => askChild<Collected>(child, { collect: true })))).flatMap(({ seen }) =>
    seen.flat().map(({ delay }) => delay),
  )
  return { cpuPerDelivery: cpuMicros / delays.length, p99: quantile(delays, 0.99), delivered: delays.length }
}

/** Push to 1,000 subscribers: what a delivery costs the server, and how late the last percent is, beside plain Socket.IO in turn. */
export const pushBenches = async (): Promise<BenchRow[]> => {
  const sides = { sightline: await open('sightline'), plain: await open('plain') }
  try {
    for (const side of Object.values(sides)) await burst(side)
    const cpu: number[] = []
    const late: number[] = []
    const figures = { sightline: [] as Awaited<ReturnType<typeof burst>>[], plain: [] as Awaited<ReturnType<typeof burst>>[] }
    for (let round = 0; round < ROUNDS; round++) {
      const ours = await burst(sides.sightline)
      const plain = await burst(sides.plain)
      for (const { delivered } of [ours, plain]) {
        if (delivered !== CLIENTS * CHANGES) throw new Error(`${delivered} deliveries of ${CLIENTS * CHANGES}.`)
      }
      figures.sightline.push(ours)
      figures.plain.push(plain)
      cpu.push(ours.cpuPerDelivery / plain.cpuPerDelivery)
      late.push(ours.p99 / plain.p99)
    }
    const of = (side: keyof typeof figures, what: 'cpuPerDelivery' | 'p99') => median(figures[side].map((figure) => figure[what]))
    const p99 = of('sightline', 'p99')
    return [
      {
        work: 'push, server CPU per delivery',
        size: `${CLIENTS} subscribers`,
        unit: 'µs',
        value: of('sightline', 'cpuPerDelivery'),
        baseline: of('plain', 'cpuPerDelivery'),
        ratio: median(cpu),
        reach: '≤ 1.05×',
        reached: median(cpu) <= 1.05,
      },
      {
        work: 'change at the target → client, p99',
        size: `${CLIENTS} clients`,
        unit: 'ms',
        value: p99,
        baseline: of('plain', 'p99'),
        ratio: median(late),
        reach: '≤ 1.2×, < 100 ms',
        reached: median(late) <= 1.2 && p99 < 100,
      },
    ]
  } finally {
    for (const { server, clients } of Object.values(sides)) for (const child of [server, ...clients]) await endChild(child)
  }
}
