import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { sqliteStorage } from '@sightline/adapter-sql'
import { dyingBetweenCalls, type StorageSubject, spawnWriterScript, storageConformance } from '@sightline/conformance'
import { systemClock } from '@sightline/core/ports'
import { describe, test, vi } from 'vitest'

// Processes are started and killed, on machines that may be busy with more.
vi.setConfig({ testTimeout: 120_000 })

const writer = fileURLToPath(new URL('./processes/sqlite-writer.ts', import.meta.url))

const open = async (): Promise<StorageSubject> => {
  const root = await mkdtemp(join(tmpdir(), 'sightline-sqlite-'))
  const directory = join(root, 'data')
  const file = join(directory, 'store.db')
  const clock = systemClock()
  let aheadMs = 0
  const driver = () => sqliteStorage({ file, clock: { ...clock, monotonic: () => clock.monotonic() + aheadMs } })
  const doomed: ReturnType<typeof driver>[] = []

  return {
    driver,
    dying: (step) => {
      const own = driver()
      doomed.push(own)
      return dyingBetweenCalls(own, step)
    },
    spawnWriter: (onLine) => spawnWriterScript({ script: writer, args: [file], onLine }),
    // The directory is gone and cannot be made again; the drivers look at their file once a second.
    cutOff: async () => {
      await rename(directory, `${directory}-elsewhere`)
      await writeFile(directory, 'not a directory')
      aheadMs += 2_000
      return async () => {
        await rm(directory)
        await rename(`${directory}-elsewhere`, directory)
      }
    },
    borrowing: async () => {
      const database = new DatabaseSync(join(root, 'borrowed.db'))
      return {
        driver: sqliteStorage({ database }),
        isConnectionOpen: async () => database.prepare('select 1 as one').get()?.one === 1,
        dispose: async () => database.close(),
      }
    },
    dispose: async () => {
      for (const each of doomed) await each.close()
      await rm(root, { recursive: true })
    },
  }
}

storageConformance({ name: 'sqlite (file)', runner: { describe, test }, open })
