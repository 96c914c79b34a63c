// Log lines in millions, through the real ingest path: what a second takes in first and last, and how soon lines are found meanwhile.
// node --conditions=@sightline/source bench/src/logs-large-run.ts [lines] [live seconds] [url of PostgreSQL]
import { rmSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { postgresStorage, sqliteStorage } from '@sightline/adapter-sql'
import type { LogInput } from '@sightline/core'
import { createLineIds } from '../../packages/core/src/logs/line-ids.ts'
import { readEntry } from '../../packages/core/src/logs/log-entry.ts'
import { cpuMs } from './cpu-time.ts'
import { startLogEngine } from './log-engine.ts'
import { createLogLines } from './log-lines.ts'
import { type Call, createLogSearches, type SearchFigure } from './log-searches.ts'
import { quantile } from './median.ts'

const DAY_MS = 86_400_000
const SPAN_MS = 6 * DAY_MS
const BATCH = 500
const LIVE_RATE = 5_000
const ROUNDS = 20
/** Beside the pace of the lines, at no common multiple. */
const SEARCH_EVERY_MS = 93
const [lines, liveSeconds, postgresUrl] = [Number(process.argv[2] ?? 5_000_000), Number(process.argv[3] ?? 60), process.argv[4]]
/** What is reported together. */
const PART = Math.min(1_000_000, Math.ceil(lines / 5))
/** Lines with this word, evenly among all: a search must find each of them. */
const NEEDLES = 50
const LINES_OF_TRANSACTION = 250

const folder = await mkdtemp(join(tmpdir(), 'sightline-logs-'))
// Who ends before the end leaves no gigabytes behind.
const leave = (): void => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(1)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave)
if (process.send !== undefined) process.once('disconnect', leave)
const storage =
  postgresUrl === undefined ? sqliteStorage({ file: join(folder, 'logs.db') }) : postgresStorage({ url: postgresUrl })
const engine = await startLogEngine(storage)
const { sightline, ingest } = engine
const call: Call = engine.call

const cpuSeconds = (): number => cpuMs() / 1_000

/** Making the lines is the senders' work: its time is taken off. */
const made = { seconds: 0, cpuSeconds: 0 }
const { nextLine } = createLogLines(7)
const makeLines = (count: number, at: (index: number) => number): LogInput[] => {
  const [startedAt, cpuBefore] = [performance.now(), cpuSeconds()]
  const entries = Array.from({ length: count }, (_, index) => nextLine(at(index)))
  made.seconds += (performance.now() - startedAt) / 1_000
  made.cpuSeconds += cpuSeconds() - cpuBefore
  return entries
}

const start = Date.now() - SPAN_MS - 60_000
const searches = createLogSearches({ call, from: start, to: Date.now, seed: 11 })
const p95 = (figures: readonly SearchFigure[]): number =>
  quantile(
    figures.map(({ tookMs }) => tookMs),
    0.95,
  )
const untilStored = async (mark: string): Promise<void> => {
  await ingest([{ service: 'mark', message: mark }])
  for (;;) {
    const { items } = (await call('logs.search', { service: 'mark', limit: 1 })) as { items: readonly { message: string }[] }
    if (items[0]?.message === mark) return
    await sleep(10)
  }
}
const sizeOfStore = async (): Promise<number> => {
  let size = 0
  for (const name of await readdir(folder)) size += (await stat(join(folder, name))).size
  return size
}

// All at once: how fast can it be? A search now and then, in the midst of it.
const parts: { lines: number; aSecond: number; aSecondOfCpu: number; longestHoldMs: number }[] = []
const meanwhile: SearchFigure[] = []
const needleEvery = Math.floor(lines / NEEDLES)
let turn = 0
let sent = 0
while (sent < lines) {
  const until = Math.min(lines, sent + PART)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const before = { at: performance.now(), cpu: cpuSeconds(), ...made, sent }
  let searched = { seconds: 0, cpuSeconds: 0 }
  while (sent < until) {
    const count = Math.min(BATCH, until - sent)
    const entries = makeLines(count, (index) => start + Math.floor(((sent + index) / lines) * SPAN_MS)).map((line, index) =>
      (sent + index) % needleEvery === 0 ? { ...line, message: `${line.message} needle` } : line,
    )
    await ingest(entries)
    sent += count
    if (sent % (BATCH * 40) !== 0) continue
    const [startedAt, cpuBefore] = [performance.now(), cpuSeconds()]
    const name = searches.names[turn++ % searches.names.length] as string
    meanwhile.push(await searches.run(name))
    searched = {
      seconds: searched.seconds + (performance.now() - startedAt) / 1_000,
      cpuSeconds: searched.cpuSeconds + cpuSeconds() - cpuBefore,
    }
  }
  await untilStored(`part ${parts.length}`)
  delay.disable()
  const seconds = (performance.now() - before.at) / 1_000 - (made.seconds - before.seconds)
  const cpu = cpuSeconds() - before.cpu - (made.cpuSeconds - before.cpuSeconds)
  const part = {
    lines: sent - before.sent,
    aSecond: (sent - before.sent) / seconds,
    aSecondOfCpu: (sent - before.sent) / cpu,
    longestHoldMs: delay.max / 1e6,
  }
  parts.push(part)
  console.error(
    `${sent.toLocaleString('en')} of ${lines.toLocaleString('en')} lines: ${Math.round(part.aSecond)} a second of the clock, ` +
      `${Math.round(part.aSecondOfCpu)} a second of CPU; event loop held ${part.longestHoldMs.toFixed(0)} ms at most, p99 ` +
      `${(delay.percentile(99) / 1e6).toFixed(0)} ms; searches p95 ${p95(meanwhile).toFixed(0)} ms; ` +
      `${((await sizeOfStore()) / 1e6).toFixed(0)} MB; load ${loadavg()[0]?.toFixed(1)}`,
  )
}
const bytesPerLine = (await sizeOfStore()) / sent

const needles = ((await call('logs.search', { text: 'needle', limit: 500 })) as { items: readonly unknown[] }).items.length
if (needles !== Math.ceil(lines / needleEvery))
  throw new Error(`${needles} of ${Math.ceil(lines / needleEvery)} lines were found.`)

// At the pace that is promised: five thousand lines in each second, and ten searches, each at its time, whatever became of those before.
const live: SearchFigure[] = []
const refusedBefore = engine.refusals
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const liveFrom = { at: performance.now(), cpu: cpuSeconds(), ...made }
let isLive = true
const searching = (async () => {
  const running: Promise<unknown>[] = []
  for (let index = 0; isLive; index++) {
    const dueAt = liveFrom.at + index * SEARCH_EVERY_MS
    const waitMs = dueAt - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    const search = searches.run(searches.names[turn++ % searches.names.length] as string, dueAt)
    running.push(search.then((figure) => live.push(figure)))
  }
  await Promise.all(running)
})()
const everyMs = (BATCH / LIVE_RATE) * 1_000
let late = 0
for (let index = 0; index < (liveSeconds * LIVE_RATE) / BATCH; index++) {
  const waitMs = liveFrom.at + index * everyMs - performance.now()
  if (waitMs > 0) await sleep(waitMs)
  late = Math.max(late, -waitMs)
  await ingest(makeLines(BATCH, () => Date.now()))
}
isLive = false
await searching
const sentFor = (performance.now() - liveFrom.at) / 1_000
await untilStored('live')
delay.disable()
const liveFor = (performance.now() - liveFrom.at) / 1_000
const liveCpu = cpuSeconds() - liveFrom.cpu - (made.cpuSeconds - liveFrom.cpuSeconds)
console.error(
  `live: ${LIVE_RATE} lines a second for ${sentFor.toFixed(1)} s, stored after ${liveFor.toFixed(1)} s, ${engine.refusals - refusedBefore} refused, ` +
    `at most ${late.toFixed(0)} ms late; ${((100 * liveCpu) / liveFor).toFixed(0)} % of a core with ${live.length} searches, p95 ${p95(live).toFixed(0)} ms, ` +
    `longest ${Math.max(...live.map(({ tookMs }) => tookMs)).toFixed(0)} ms; event loop held ${(delay.max / 1e6).toFixed(0)} ms at most, p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms; load ${loadavg()[0]?.toFixed(1)}`,
)

const after: SearchFigure[] = []
for (let round = 0; round < ROUNDS; round++) for (const name of searches.names) after.push(await searches.run(name))
for (const name of searches.names) {
  const [own, inLive, inBulk] = [after, live, meanwhile].map((all) => all.filter((figure) => figure.name === name)) as [
    SearchFigure[],
    SearchFigure[],
    SearchFigure[],
  ]
  const found = own.reduce((sum, each) => sum + each.found, 0) / own.length
  const partial = own.filter(({ isComplete }) => !isComplete).length
  console.error(
    `${name.padEnd(36)} p50 ${quantile(
      own.map(({ tookMs }) => tookMs),
      0.5,
    ).toFixed(
      1,
    )} ms, p95 ${p95(own).toFixed(1)} ms; live p95 ${p95(inLive).toFixed(0)} ms (${inLive.filter(({ isComplete }) => !isComplete).length} of ${inLive.length} partial), ` +
      `at full speed p95 ${p95(inBulk).toFixed(0)} ms; ${found.toFixed(0)} found, ${partial} partial`,
  )
}
// What the event loop is held by: one transaction after the other, each as large as they become, in CPU, which others on the machine do not add to.
const nextId = createLineIds(() => crypto.randomUUID())
const transactions: number[] = []
for (let step = 0; step < 200; step++) {
  const entries = makeLines(LINES_OF_TRANSACTION, () => Date.now()).flatMap((line) => {
    const read = readEntry(line, { now: Date.now(), oldest: 0, redact: [], nextId })
    return read.ok ? [read.entry] : []
  })
  const cpuBefore = cpuSeconds()
  await storage.logs.append({ team: 'default' }, entries)
  transactions.push((cpuSeconds() - cpuBefore) * 1_000)
}
console.error(
  `a transaction of ${LINES_OF_TRANSACTION} lines: CPU p50 ${quantile(transactions, 0.5).toFixed(1)} ms, p99 ${quantile(transactions, 0.99).toFixed(1)} ms, ` +
    `longest ${Math.max(...transactions).toFixed(1)} ms`,
)

// As the engine deletes what is older than it is kept, while nothing else goes on.
const pruned: { tookMs: number; cpuMs: number }[] = []
for (let step = 0; step < 100; step++) {
  const [startedAt, cpuBefore] = [performance.now(), cpuSeconds()]
  await storage.logs.prune({ before: start + SPAN_MS / 2, limit: 200 })
  pruned.push({ tookMs: performance.now() - startedAt, cpuMs: (cpuSeconds() - cpuBefore) * 1_000 })
  await sleep(1)
}
const pruneP99Ms = quantile(
  pruned.map(({ cpuMs }) => cpuMs),
  0.99,
)
console.error(
  `pruning 200 lines: p50 ${quantile(
    pruned.map(({ tookMs }) => tookMs),
    0.5,
  ).toFixed(1)} ms, longest ${Math.max(...pruned.map(({ tookMs }) => tookMs)).toFixed(1)} ms; ` +
    `CPU p99 ${pruneP99Ms.toFixed(1)} ms`,
)
await sightline.stop()
await rm(folder, { recursive: true })
process.send?.({
  parts,
  bytesPerLine,
  live: {
    seconds: liveFor,
    refused: engine.refusals - refusedBefore,
    behindSeconds: liveFor - liveSeconds,
    shareOfCore: liveCpu / liveFor,
    p95Ms: p95(live),
    searches: live.length,
    longestHoldMs: delay.max / 1e6,
  },
  meanwhileP95Ms: p95(meanwhile),
  after: searches.names.map((name) => {
    const own = after.filter((figure) => figure.name === name)
    return { name, p95Ms: p95(own), incomplete: own.filter(({ isComplete }) => !isComplete).length, searches: own.length }
  }),
  afterP95Ms: p95(after),
  transactionP99Ms: quantile(transactions, 0.99),
  pruneP99Ms,
})
process.removeListener('disconnect', leave)
process.disconnect?.()
