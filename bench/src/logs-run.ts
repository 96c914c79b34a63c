import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sqliteStorage } from '@sightline/adapter-sql'
import { consoleLogger, storagePlan, systemClock } from '@sightline/core'
import { createLogsPart, LOG_COLLECTIONS } from '../../packages/core/src/logs/logs-part.ts'
import { soleLeader } from '../../packages/core/src/leadership.ts'

const LINES = Number(process.argv[2] ?? 200_000)
const BATCH = 500
const folder = await mkdtemp(join(tmpdir(), 'sightline-logs-'))
const file = join(folder, 'logs.db')
const driver = sqliteStorage({ file })
const plan = storagePlan()
await driver.connect({ ...plan, collections: [...plan.collections, ...LOG_COLLECTIONS] })
const part = createLogsPart({
  clock: systemClock(),
  random: Math.random,
  randomId: () => crypto.randomUUID(),
  logger: consoleLogger(),
  origin: 'bench',
  link: { run: (call) => call(driver), state: 'up' },
  leadership: soleLeader(),
  remote: { isAlone: true, carry: () => {}, hear: () => {} },
  emitter: { emit: () => {}, has: () => false },
  publish: () => {},
  observe: () => {},
  watched: () => [],
  tell: () => {},
})
await part.start()

const words = ['payment', 'order', 'retry', 'timeout', 'connected', 'user', 'cache', 'miss', 'commit', 'request', 'queue', 'worker', 'started', 'finished', 'shard', 'replica', 'session', 'token_count', 'checkout', 'gateway']
const severities = ['debug', 'info', 'info', 'info', 'info', 'info', 'warn', 'info', 'info', 'error'] as const
let state = 7
const pick = (n: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  return (state >>> 8) % n
}
const start = Date.now() - 6 * 86_400_000
const line = (index: number) => ({
  at: start + Math.floor((index / LINES) * 6 * 86_400_000),
  service: `service-${pick(20)}`,
  severity: severities[pick(10)]!,
  message: `${words[pick(20)]} ${words[pick(20)]} ${words[pick(20)]} for order ${pick(100_000)} took ${pick(900)} ms at step ${words[pick(20)]}`,
  fields: { method: 'GET', path: `/orders/${pick(100_000)}`, status: 200 + pick(4) * 100, authorization: 'Bearer abc.DEF123' },
  traceId: `t${pick(1_000_000_000).toString(16)}`,
})
const call = (name: string, input: unknown): Promise<any> => {
  const operation = (part.operations as any)[name]
  return operation.handle(input, { team: 'default', signal: new AbortController().signal, now: Date.now() })
}
const cpu0 = process.cpuUsage()
const t0 = performance.now()
for (let sent = 0; sent < LINES; sent += BATCH) {
  const entries = Array.from({ length: BATCH }, (_, index) => line(sent + index))
  for (;;) {
    try {
      await call('logs.ingest', { entries })
      break
    } catch {
      await sleep(20)
    }
  }
  if (part.counters.waiting > 5_000) await sleep(0)
}
while (part.counters.waiting > 0) await sleep(5)
const seconds = (performance.now() - t0) / 1000
const cpu = process.cpuUsage(cpu0)
const { size } = await stat(file)
console.log(`ingest ${LINES} lines in ${seconds.toFixed(1)} s: ${Math.round(LINES / seconds)} lines/s, cpu ${((cpu.user + cpu.system) / 1e6 / seconds).toFixed(2)}, ${(size / LINES).toFixed(0)} bytes/line`)

const searches: [string, () => unknown][] = [
  ['newest', () => ({ limit: 100 })],
  ['service', () => ({ limit: 100, service: `service-${pick(20)}` })],
  ['errors', () => ({ limit: 100, minSeverity: 'error' })],
  ['service+errors', () => ({ limit: 100, minSeverity: 'error', service: `service-${pick(20)}` })],
  ['common word', () => ({ limit: 100, text: 'timeout' })],
  ['two common words', () => ({ limit: 100, text: 'timeout gateway' })],
  ['rare word', () => ({ limit: 100, text: `order ${pick(100_000)}` })],
  ['word+service+error', () => ({ limit: 100, text: 'retry', service: `service-${pick(20)}`, minSeverity: 'error' })],
  ['field', () => ({ limit: 100, fields: { path: `/orders/${pick(100_000)}` } })],
  ['trace', () => ({ limit: 100, traceId: `t${pick(1_000_000_000).toString(16)}` })],
  ['four words', () => ({ limit: 100, text: 'payment shard replica session' })],
]
for (const [name, make] of searches) {
  const times: number[] = []
  let incomplete = 0
  let found = 0
  for (let round = 0; round < 20; round++) {
    const at = performance.now()
    const page = await call('logs.search', make())
    times.push(performance.now() - at)
    found += page.items.length
    if (!page.isComplete) incomplete++
  }
  times.sort((a, b) => a - b)
  console.log(`search ${name}: p50 ${times[10]!.toFixed(1)} p95 ${times[18]!.toFixed(1)} ms, incomplete ${incomplete}/20, found ${found / 20}`)
}
await part.stop({ timeoutMs: 1000 })
await driver.close()
await rm(folder, { recursive: true })
