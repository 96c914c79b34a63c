// Log lines on SQLite: how many a second are taken in, redacted, indexed and stored, and how soon they are found again.
// node --conditions=@sightline/source bench/src/logs-run.ts [lines]
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sqliteStorage } from '@sightline/adapter-sql'
import type { LogInput, LogLine } from '@sightline/core'
import { startLogEngine } from './log-engine.ts'

const DAY_MS = 86_400_000
const SPAN_MS = 6 * DAY_MS
const BATCH = 500
const ROUNDS = 20
const lines = Number(process.argv[2] ?? 200_000)

const words = [
  ...['payment', 'order', 'retry', 'timeout', 'connected', 'user', 'cache', 'miss', 'commit', 'request'],
  ...['queue', 'worker', 'started', 'finished', 'shard', 'replica', 'session', 'checkout', 'gateway', 'flush'],
]
const severities = ['debug', 'info', 'info', 'info', 'info', 'info', 'warn', 'info', 'info', 'error'] as const

/** The same lines in every run (a linear congruence). */
let state = 7
const pick = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  return (state >>> 8) % below
}
const word = (): string => words[pick(words.length)] ?? ''
const service = (): string => `service-${pick(20)}`
const trace = (): string => `t${pick(1_000_000_000).toString(16)}`

const start = Date.now() - SPAN_MS
const line = (index: number): LogInput => ({
  at: start + Math.floor((index / lines) * SPAN_MS),
  service: service(),
  severity: severities[pick(severities.length)] ?? 'info',
  message: `${word()} ${word()} ${word()} for order ${pick(100_000)} took ${pick(900)} ms at step ${word()}`,
  fields: { method: 'GET', path: `/orders/${pick(100_000)}`, status: 200 + pick(4) * 100, authorization: 'Bearer abc.DEF123' },
  traceId: trace(),
})

const folder = await mkdtemp(join(tmpdir(), 'sightline-logs-'))
const file = join(folder, 'logs.db')
const { sightline, call, ingest } = await startLogEngine(sqliteStorage({ file }))

interface Found {
  readonly items: readonly LogLine[]
  readonly isComplete: boolean
}
const search = async (filter: object): Promise<Found> => (await call('logs.search', filter)) as Found

const usedBefore = process.cpuUsage()
const begunAt = performance.now()
for (let sent = 0; sent < lines; sent += BATCH) {
  await ingest(Array.from({ length: Math.min(BATCH, lines - sent) }, (_, index) => line(sent + index)))
}
await ingest([{ service: 'last', message: 'last' }])
while ((await search({ service: 'last' })).items.length === 0) await sleep(20)
const seconds = (performance.now() - begunAt) / 1_000
const used = process.cpuUsage(usedBefore)
const cpuSeconds = (used.user + used.system) / 1e6
const { size } = await stat(file)
console.error(
  `ingest: ${lines} lines, ${Math.round(lines / seconds)} a second of the clock, ${Math.round(lines / cpuSeconds)} a second of CPU, ${Math.round(size / lines)} bytes each`,
)

const searches: Readonly<Record<string, () => object>> = {
  newest: () => ({}),
  service: () => ({ service: service() }),
  errors: () => ({ minSeverity: 'error' }),
  'errors of a service': () => ({ minSeverity: 'error', service: service() }),
  'a common word': () => ({ text: word() }),
  'two common words': () => ({ text: 'timeout gateway' }),
  'four common words': () => ({ text: 'payment shard replica session' }),
  'a rare word': () => ({ text: `order ${pick(100_000)}` }),
  'a word in errors of a service': () => ({ text: 'retry', service: service(), minSeverity: 'error' }),
  'a field': () => ({ fields: { path: `/orders/${pick(100_000)}` } }),
  'a trace': () => ({ traceId: trace() }),
}
const found: { name: string; p95Ms: number; incomplete: number }[] = []
for (const [name, filter] of Object.entries(searches)) {
  const times: number[] = []
  let incomplete = 0
  for (let round = 0; round < ROUNDS; round++) {
    const at = performance.now()
    const { isComplete } = await search({ limit: 100, ...filter() })
    times.push(performance.now() - at)
    if (!isComplete) incomplete++
  }
  times.sort((a, b) => a - b)
  const [median = 0, p95 = 0] = [times[ROUNDS / 2], times[Math.ceil(ROUNDS * 0.95) - 1]]
  found.push({ name, p95Ms: p95, incomplete })
  console.error(
    `search for ${name}: p50 ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ${incomplete} of ${ROUNDS} not complete`,
  )
}
await sightline.stop()
await rm(folder, { recursive: true })
process.send?.({
  lines,
  aSecondOfCpu: lines / cpuSeconds,
  aSecond: lines / seconds,
  bytesPerLine: size / lines,
  searches: found,
})
process.disconnect?.()
