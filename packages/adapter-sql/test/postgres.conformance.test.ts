import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { postgresStorage } from '@sightline/adapter-sql'
import { dyingBetweenCalls, type StorageSubject, spawnWriterScript, storageConformance } from '@sightline/conformance'
import type { StorageDriver } from '@sightline/core/ports'
import pg from 'pg'
import { afterAll, describe, test, vi } from 'vitest'
import { startPostgres } from './postgres-server.ts'
import { tcpGate } from './tcp-gate.ts'

// Processes are started and killed, on machines that may be busy with more.
vi.setConfig({ testTimeout: 120_000 })

const writer = fileURLToPath(new URL('./processes/postgres-writer.ts', import.meta.url))
const server = await startPostgres()

if ('unavailable' in server) {
  test('storage: postgres', (context) => context.skip(server.unavailable))
} else {
  const admin = new pg.Pool({ connectionString: server.url, max: 2 })
  const direct = new URL(server.url)
  const gate = await tcpGate({ host: direct.hostname, port: Number(direct.port || 5432) })

  afterAll(async () => {
    await gate.shut()
    await admin.end()
    await server.stop()
  })

  /** Every test has a schema of its own in the one database. */
  const open = async (): Promise<StorageSubject> => {
    const schema = `conformance_${randomBytes(6).toString('hex')}`
    await admin.query(`create schema ${schema}`)
    const url = new URL(direct)
    url.searchParams.set('options', `-c search_path=${schema}`)
    const gated = new URL(url)
    gated.host = `127.0.0.1:${gate.port}`
    const driver = (): StorageDriver => postgresStorage({ url: gated.href, maxConnections: 4 })
    const doomed: StorageDriver[] = []
    return {
      driver,
      dying: (step) => {
        const own = driver()
        doomed.push(own)
        return dyingBetweenCalls(own, step)
      },
      spawnWriter: (onLine) => spawnWriterScript({ script: writer, args: [url.href], onLine }),
      cutOff: async () => {
        await gate.shut()
        return () => gate.reopen()
      },
      borrowing: async () => {
        const pool = new pg.Pool({ connectionString: url.href, max: 2 })
        return {
          driver: postgresStorage({ pool }),
          isConnectionOpen: async () => (await pool.query('select 1 as one')).rows[0]?.one === 1,
          dispose: () => pool.end(),
        }
      },
      dispose: async () => {
        for (const each of doomed) await each.close()
        await admin.query(`drop schema ${schema} cascade`)
      },
    }
  }

  storageConformance({ name: `postgres ${server.version}`, runner: { describe, test }, open })
}
