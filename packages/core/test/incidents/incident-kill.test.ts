import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { sqliteStorage } from '../../../adapter-sql/src/sqlite/sqlite-storage.ts'
import { fileSpool } from '../../../notifiers/src/file-spool.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { incidentPlan, incidentProcess, storedIncidents } from './support/incident-process.ts'

// Processes are started and killed, on machines that may be busy with more.
vi.setConfig({ testTimeout: 240_000 })

const decider = fileURLToPath(new URL('./processes/decider.ts', import.meta.url))
const ROUNDS = 20

test('killed twenty times around deciding and writing: no incident unannounced, never two open, nothing told that is not stored', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-kill-'))
  const file = join(directory, 'store.db')
  const spoolFile = join(directory, 'waiting.spool')
  const told = new Set<string>()
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(process.execPath, ['--conditions=@sightline/source', decider, file, spoolFile, `life ${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(child, 'exit')
      const lines = createInterface({ input: child.stdout })
      const closed = once(lines, 'close')
      const started = new Promise<void>((resolve) => {
        lines.on('line', (line) => {
          if (line === 'started') resolve()
          if (line.startsWith('told ')) told.add(line.slice('told '.length))
        })
      })
      await Promise.race([started, exited.then(() => Promise.reject(new Error('the decider ended')))])
      // Other moments in each round, also the very first.
      await wait((round * 29) % 331)
      child.kill('SIGKILL')
      await Promise.all([exited, closed])
    }

    // The last life: nobody kills it, and it decides nothing more.
    const storage = sqliteStorage({ file })
    const last = incidentProcess({ driver: storage, clock: systemClock(), spool: fileSpool({ file: spoolFile }), name: 'last' })
    await last.start()
    for (let n = 0; last.journal.waiting.length > 0 && n < 1_000; n++) await wait(20)
    expect(last.journal.waiting).toEqual([])
    await last.stop()

    const reader = sqliteStorage({ file })
    await reader.connect(incidentPlan)
    const { records, notices } = await storedIncidents(reader)
    await reader.close()
    const stored = new Set(notices)
    expect(records.length).toBeGreaterThan(ROUNDS)
    const active = Map.groupBy(
      records.filter(({ isActive }) => isActive),
      ({ key }) => key,
    )
    for (const [key, group] of active) expect(group, key).toHaveLength(1)
    for (const { incident, timeline } of records) {
      for (const { id, kind } of timeline) {
        if (kind === 'opened' || kind === 'resolved') expect(stored, kind).toContain(`${incident.id} ${id} ${kind}`)
      }
    }
    // Whoever was told of something can find it.
    for (const id of told) expect(stored).toContain(id)
    expect(told.size).toBeGreaterThan(ROUNDS)
    const ordinals = Map.groupBy(records, ({ key }) => key)
    for (const [, group] of ordinals) {
      const numbers = group.map(({ ordinal }) => ordinal).toSorted((a, b) => a - b)
      expect(new Set(numbers).size).toBe(numbers.length)
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
