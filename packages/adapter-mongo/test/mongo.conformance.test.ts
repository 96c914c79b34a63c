import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { mongoStorage } from '@sightline/adapter-mongo'
import { type StorageSubject, spawnWriterScript, storageConformance } from '@sightline/conformance'
import type { StorageDriver } from '@sightline/core/ports'
import { MongoClient } from 'mongodb'
import { afterAll, describe, test, vi } from 'vitest'
import { tcpGate } from '../../adapter-sql/test/tcp-gate.ts'
import { dyingDb } from './dying-db.ts'
import { startMongo } from './mongo-server.ts'

// Processes are started and killed, on machines that may be busy with more.
vi.setConfig({ testTimeout: 120_000 })

const writer = fileURLToPath(new URL('./processes/mongo-writer.ts', import.meta.url))
const server = await startMongo()

if ('unavailable' in server) {
  test('storage: mongo', (context) => context.skip(server.unavailable))
} else {
  const admin = new MongoClient(server.url)
  const direct = new URL(server.url)
  const gate = server.isReal ? null : await tcpGate({ host: direct.hostname, port: Number(direct.port) })

  afterAll(async () => {
    await gate?.shut()
    await admin.close()
    await server.stop()
  })

  /** Every test has a database of its own in the one server. */
  const open = async (): Promise<StorageSubject> => {
    const name = `conformance_${randomBytes(6).toString('hex')}`
    const url = new URL(direct)
    url.pathname = `/${name}`
    const gated = new URL(url)
    if (gate !== null) gated.port = String(gate.port)
    const driver = (): StorageDriver => mongoStorage({ url: gated.href, maxConnections: 6, selectionTimeoutMs: 500 })
    return {
      driver,
      dying: (step) => {
        const { db, isDead } = dyingDb(admin.db(name), step)
        return { driver: mongoStorage({ db, timeoutMs: 2_000_000 }), isDead }
      },
      spawnWriter: (onLine) => spawnWriterScript({ script: writer, args: [url.href], onLine }),
      ...(gate === null
        ? {}
        : {
            cutOff: async () => {
              await gate.shut()
              return () => gate.reopen()
            },
          }),
      borrowing: async () => {
        const client = new MongoClient(url.href)
        return {
          driver: mongoStorage({ db: client.db(name) }),
          isConnectionOpen: async () => (await client.db(name).command({ ping: 1 })).ok === 1,
          dispose: () => client.close(),
        }
      },
      dispose: async () => {
        await admin.db(name).dropDatabase()
      },
    }
  }

  storageConformance({
    name: `mongo ${server.version}${server.isReal ? '' : ' (mongo-java-server)'}`,
    runner: { describe, test },
    open,
  })
}
