/**
 * Runs as a process of its own: CPU per HTTP check, of Sightline (polled, detected, stored in SQLite) and of bare undici at the same pace,
 * in turn. Prints nothing; sends its figures.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline } from '@sightline/core'
import { httpProbe } from '@sightline/probes'
import { Agent, request } from 'undici'
import { median } from './median.ts'

const [port = '', connection = 'keep-alive', path = '/'] = process.argv.slice(2)
const url = `http://127.0.0.1:${port}${path}`
const TARGETS = 100
const INTERVAL_MS = 100
const SEGMENT_MS = 2_000
/** Connections are open and the store is there. */
const WARM_MS = 500
const ROUNDS = 5

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** CPU per check of what runs already: to start and to stop is not part of a check. */
const cpuPerCheck = async (checks: () => number): Promise<number> => {
  await pause(WARM_MS)
  const first = checks()
  const before = process.cpuUsage()
  await pause(SEGMENT_MS)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (checks() - first)
}

/** As many requests a second as the targets make polls, spread as evenly. */
const bare = async (): Promise<number> => {
  const dispatcher = new Agent(connection === 'fresh' ? { pipelining: 0, keepAliveTimeout: 1 } : { connections: TARGETS })
  const headers = connection === 'fresh' ? { connection: 'close' } : {}
  let done = 0
  const running = new Set<Promise<void>>()
  const timers = Array.from({ length: TARGETS }, (_, index) => {
    const ask = async (): Promise<void> => {
      const { body } = await request(url, { dispatcher, headers })
      await body.bytes()
      done++
    }
    const start = (): void => {
      const asked = ask().finally(() => running.delete(asked))
      running.add(asked)
    }
    let every: NodeJS.Timeout | undefined
    const first = setTimeout(() => {
      every = setInterval(start, INTERVAL_MS)
      start()
    }, index)
    return () => {
      clearTimeout(first)
      clearInterval(every)
    }
  })
  const cpu = await cpuPerCheck(() => done)
  for (const stop of timers) stop()
  await Promise.all(running)
  await dispatcher.close()
  return cpu
}

const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'))

const sightlineOf = (run: number) =>
  createSightline({
    access: allowAll(),
    storage: sqliteStorage({ file: join(folder, `${run}.db`) }),
    apis: {
      bench: {
        intervalMs: INTERVAL_MS,
        timeoutMs: 2_000,
        regions: Object.fromEntries(
          Array.from({ length: TARGETS }, (_, index) => [
            `r${index}`,
            { probe: httpProbe({ url, connection: connection as 'fresh' | 'keep-alive' }) },
          ]),
        ),
      },
    },
  })

const ours = async (run: number): Promise<number> => {
  const sightline = sightlineOf(run)
  await sightline.start()
  const cpu = await cpuPerCheck(() => sightline.counters().polls)
  await sightline.stop()
  const { polls, changes, snapshotWrites, pollFailures } = sightline.counters()
  if (pollFailures > polls / 100) throw new Error(`${pollFailures} of ${polls} polls failed.`)
  if (snapshotWrites !== changes) throw new Error(`${changes} changes, but ${snapshotWrites} writes.`)
  return cpu
}

const figures: { bare: number[]; ours: number[] } = { bare: [], ours: [] }
await bare()
await ours(-1)
for (let round = 0; round < ROUNDS; round++) {
  figures.bare.push(await bare())
  figures.ours.push(await ours(round))
}
rmSync(folder, { recursive: true })
const ratios = figures.ours.map((value, index) => value / (figures.bare[index] ?? Number.NaN))
process.send?.({ baseline: median(figures.bare), value: median(figures.ours), ratio: median(ratios) })
process.disconnect?.()
