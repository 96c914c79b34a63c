/**
 * Runs as a process of its own: CPU per HTTP check of a document that stays the same, as the engine alone makes it, and as a service with
 * rules and samples stored, in turn.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline, type Probe } from '@sightline/core'
import { httpProbe } from '@sightline/probes'
import { median } from './median.ts'

const [port = ''] = process.argv.slice(2)
const TARGETS = 500
const INTERVAL_MS = 1_000
const SETTLE_MS = 2_500
const SEGMENT_MS = 5_000
const ROUNDS = 5
const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const asked = httpProbe({ url: `http://127.0.0.1:${port}/same` })
const named = <T>(value: T): Record<string, T> =>
  Object.fromEntries(Array.from({ length: TARGETS }, (_, index) => [`s${index}`, value]))

const cpuPerCheck = async (kind: 'engine' | 'services', round: number): Promise<number> => {
  let checks = 0
  const probe: Probe = {
    collect: (context) => {
      checks++
      return asked.collect(context)
    },
  }
  const sightline = createSightline({
    access: allowAll(),
    storage: sqliteStorage({ file: join(folder, `${kind}-${round}.db`) }),
    ...(kind === 'engine'
      ? { apis: { bench: { intervalMs: INTERVAL_MS, regions: named({ probe }) } } }
      : { services: named({ probe, intervalMs: INTERVAL_MS }) }),
  })
  await sightline.start()
  await pause(SETTLE_MS)
  checks = 0
  const before = process.cpuUsage()
  await pause(SEGMENT_MS)
  const { user, system } = process.cpuUsage(before)
  const micros = (user + system) / checks
  await sightline.stop()
  return micros
}

const figures: { engine: number[]; services: number[] } = { engine: [], services: [] }
for (let round = -1; round < ROUNDS; round++) {
  const [engine, services] = [await cpuPerCheck('engine', round), await cpuPerCheck('services', round)]
  // The first is to warm up.
  if (round < 0) continue
  figures.engine.push(engine)
  figures.services.push(services)
}
rmSync(folder, { recursive: true })
process.send?.({
  baseline: median(figures.engine),
  value: median(figures.services),
  ratio: median(figures.services.map((value, index) => value / (figures.engine[index] ?? Number.NaN))),
})
process.disconnect?.()
