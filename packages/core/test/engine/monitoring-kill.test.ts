import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { askState, startWatchedProvider } from './support/watched-provider.ts'

// Processes are started and killed, on machines that may be busy with more.
vi.setConfig({ testTimeout: 180_000 })

const monitor = fileURLToPath(new URL('./processes/monitor.ts', import.meta.url))
const PATIENCE_MS = 60_000
const LEASE_MS = 10_000

interface Answer {
  readonly incidents: { readonly items: readonly { readonly status: string; readonly service: string }[] }
  readonly jobs: { readonly status: string; readonly openIncidents: number }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('three processes on one SQLite file, without a bus: one check an interval, one incident, one message; the leader is killed in between', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-monitors-'))
  const provider = await startWatchedProvider()
  const children: ChildProcess[] = []
  try {
    for (let n = 0; n < 3; n++) {
      const child = fork(monitor, [join(directory, 'store.db'), provider.url], { execArgv: ['--conditions=@sightline/source'] })
      children.push(child)
      expect((await once(child, 'message'))[0]).toBe('started')
    }
    // Who was started last leads; the others may take one interval to see it.
    await pass(4_000)
    const before = provider.checks.length
    await pass(15_000)
    // Every three seconds; twice as often would be ten.
    expect(provider.checks.length - before).toBeGreaterThanOrEqual(4)
    expect(provider.checks.length - before).toBeLessThanOrEqual(6)
    expect(new Set(provider.checks.slice(before).map(({ by }) => by)).size).toBe(1)

    provider.turn('down')
    await vi.waitFor(() => expect(provider.told.map(({ status }) => status)).toEqual(['firing']), PATIENCE_MS)
    for (const child of children) {
      await vi.waitFor(
        async () => expect((await askState<Answer>(child)).jobs).toMatchObject({ status: 'down', openIncidents: 1 }),
        PATIENCE_MS,
      )
    }

    const leader = children.find(({ pid }) => pid === provider.checks.at(-1)?.by) as ChildProcess
    leader.kill('SIGKILL')
    await once(leader, 'exit')
    const killedAt = performance.now()
    const rest = children.filter((child) => child !== leader)
    const isTakenOver = () => provider.checks.some(({ by, at }) => at > killedAt && by !== leader.pid)
    await vi.waitFor(() => expect(isTakenOver()).toBe(true), PATIENCE_MS)
    const takenOver = provider.checks.find(({ by, at }) => at > killedAt && by !== leader.pid)
    expect((takenOver?.at ?? Number.NaN) - killedAt).toBeLessThan(2 * LEASE_MS)

    await pass(5_000)
    for (const child of rest) {
      expect((await askState<Answer>(child)).incidents.items).toMatchObject([{ service: 'jobs', status: 'open' }])
    }
    expect(new Set(provider.told.map(({ key }) => key)).size).toBe(1)

    provider.turn('up')
    await vi.waitFor(() => expect(provider.told.at(-1)?.status).toBe('resolved'), PATIENCE_MS)
    for (const child of rest) {
      await vi.waitFor(
        async () => expect((await askState<Answer>(child)).jobs).toMatchObject({ status: 'up', openIncidents: 0 }),
        PATIENCE_MS,
      )
      expect((await askState<Answer>(child)).incidents.items).toMatchObject([{ service: 'jobs', status: 'resolved' }])
    }
    expect(provider.told.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map(async (child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
    await provider.close()
    await rm(directory, { recursive: true, force: true })
  }
})
