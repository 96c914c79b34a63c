import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { eventually } from '../eventually.ts'
import { startRedis } from '../redis-server.ts'

// Processes on machines that may be busy with more.
vi.setConfig({ testTimeout: 180_000 })

const server = await startRedis()

interface Ticked {
  readonly worker: number
  readonly id: string
  readonly dueAt: number
  readonly fence: number
  readonly at: number
}

if ('unavailable' in server) {
  test('several workers on bullmq', (context) => context.skip(server.unavailable))
} else {
  const script = fileURLToPath(new URL('./processes/work.ts', import.meta.url))
  const children: ChildProcess[] = []
  const ticks: Ticked[] = []

  const stopAll = async (): Promise<void> => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    ticks.length = 0
  }
  afterEach(stopAll)
  afterAll(() => server.stop())

  interface Work {
    readonly prefix: string
    readonly targets: number
    readonly everyMs: number
    readonly tickMs: number
  }

  const LEASE_MS = 2_000

  const startWorker = async ({ prefix, targets, everyMs, tickMs }: Work): Promise<ChildProcess> => {
    const worker = children.length
    const args = [server.url, prefix, ...[targets, everyMs, tickMs, LEASE_MS].map(String)]
    const child = spawn(process.execPath, ['--conditions=@sightline/source', '--no-warnings', script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })
    const ready = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        const [what, id = '', ...numbers] = line.split(' ')
        const [dueAt = 0, fence = 0, at = 0] = numbers.map(Number)
        if (what === 'tick') ticks.push({ worker, id, dueAt, fence, at })
        else resolve()
      })
    })
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`A worker ended with ${code} before it was ready.`)
    })
    await Promise.race([ready, ended])
    ended.catch(() => {})
    return child
  }

  const duplicates = (): readonly string[] => {
    const seen = new Set<string>()
    return ticks.map(({ id, dueAt }) => `${id}@${dueAt}`).filter((tick) => seen.has(tick) || !seen.add(tick))
  }

  const workersOf = (since: number): ReadonlySet<number> =>
    new Set(ticks.filter(({ at }) => at >= since).map(({ worker }) => worker))

  /** Fences never fall from one due time of a target to the next. */
  const fencesFall = (): boolean => {
    const last = new Map<string, Ticked>()
    for (const tick of ticks.toSorted((a, b) => a.dueAt - b.dueAt)) {
      const before = last.get(tick.id)
      if (before !== undefined && before.fence > tick.fence) return true
      last.set(tick.id, tick)
    }
    return false
  }

  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  test('two workers share 1,000 targets at 1 s: each once per interval, spread over the second', async () => {
    const work = { prefix: randomUUID(), targets: 1_000, everyMs: 1_000, tickMs: 0 }
    await Promise.all([startWorker(work), startWorker(work)])
    await eventually('both at work', () => workersOf(Date.now() - 1_000).size === 2, 60_000)
    await sleep(3_000)
    const rounds = 6
    const measure = async (): Promise<readonly Ticked[]> => {
      const from = Math.ceil(Date.now() / 1_000) * 1_000
      await sleep(from - Date.now() + rounds * 1_000 + 1_500)
      return ticks.filter(({ dueAt }) => dueAt >= from && dueAt < from + rounds * 1_000)
    }
    const isWhole = (some: readonly Ticked[]): boolean => some.length > rounds * 1_000 * 0.9
    let measured = await measure()
    // A tick that is a whole second late counts as missed; a machine that has no time at all gets some more.
    for (let tries = 1; tries < 5 && !isWhole(measured); tries++) measured = await measure()
    expect(duplicates()).toEqual([])
    const perTarget = Map.groupBy(measured, ({ id }) => id)
    expect(perTarget.size).toBe(1_000)
    expect(isWhole(measured)).toBe(true)
    for (const worker of [0, 1]) {
      const share = measured.filter((tick) => tick.worker === worker).length / measured.length
      expect(share).toBeGreaterThan(0.3)
      expect(share).toBeLessThan(0.7)
    }
    const slots = Map.groupBy(measured, ({ at }) => Math.floor((at % 1_000) / 100))
    expect(Math.max(...[...slots.values()].map(({ length }) => length)) / measured.length).toBeLessThan(0.5)
    expect(slots.size).toBe(10)
    const drifts = measured.map(({ at, dueAt }) => at - dueAt).toSorted((a, b) => a - b)
    expect(drifts[Math.floor(drifts.length * 0.99)]).toBeLessThan(1_000)
  })

  test('kill -9 of a worker in the middle of its ticks: the other takes its targets over, nothing runs twice', async () => {
    const work = { prefix: randomUUID(), targets: 60, everyMs: 400, tickMs: 300 }
    const [doomed] = await Promise.all([startWorker(work), startWorker(work)])
    await eventually('both at work', () => workersOf(Date.now() - 500).size === 2, 60_000)
    await sleep(1_000)
    doomed.kill('SIGKILL')
    const killedAt = Date.now()
    const owned = new Set(ticks.filter(({ worker, at }) => worker === 0 && at > killedAt - 600).map(({ id }) => id))
    expect(owned.size).toBeGreaterThan(0)
    const tickedAgain = (): ReadonlySet<string> =>
      new Set(ticks.filter(({ worker, at }) => worker === 1 && at > killedAt).map(({ id }) => id))
    await eventually('every target ticks at the other', () => tickedAgain().size === work.targets, LEASE_MS + 60_000)
    const before = ticks.length
    await sleep(2_000)
    expect(ticks.length - before).toBeGreaterThan(work.targets)
    expect(duplicates()).toEqual([])
    expect(fencesFall()).toBe(false)
  })

  test('a worker frozen for longer than its lease starts nothing when it is thawed that is another’s', async () => {
    const work = { prefix: randomUUID(), targets: 60, everyMs: 400, tickMs: 0 }
    const [frozen] = await Promise.all([startWorker(work), startWorker(work)])
    await eventually('both at work', () => workersOf(Date.now() - 500).size === 2, 60_000)
    await sleep(1_000)
    frozen.kill('SIGSTOP')
    const frozenAt = Date.now()
    const atOther = (): ReadonlySet<string> =>
      new Set(ticks.filter(({ worker, at }) => worker === 1 && at > frozenAt).map(({ id }) => id))
    await eventually('the other has all targets', () => atOther().size === work.targets, LEASE_MS + 60_000)
    frozen.kill('SIGCONT')
    const thawedAt = Date.now()
    await eventually('both at work again', () => workersOf(thawedAt + 200).size === 2)
    await sleep(1_500)
    expect(duplicates()).toEqual([])
    expect(fencesFall()).toBe(false)
  })

  test('a worker that joins takes its share, and one that leaves gives it back', async () => {
    const work = { prefix: randomUUID(), targets: 40, everyMs: 400, tickMs: 0 }
    await startWorker(work)
    await eventually('one at work', () => workersOf(Date.now() - 500).size === 1)
    await startWorker(work)
    await eventually('two at work', () => workersOf(Date.now() - 500).size === 2, 60_000)
    const third = await startWorker(work)
    await eventually('three at work', () => workersOf(Date.now() - 500).size === 3)
    third.kill('SIGKILL')
    const killedAt = Date.now()
    const after = () => new Set(ticks.filter(({ at }) => at > killedAt + LEASE_MS).map(({ id }) => id))
    await eventually('all targets at the two', () => after().size === work.targets, LEASE_MS + 60_000)
    expect(duplicates()).toEqual([])
    expect(fencesFall()).toBe(false)
  })
}
