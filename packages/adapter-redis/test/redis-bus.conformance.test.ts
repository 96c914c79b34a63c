import { randomUUID } from 'node:crypto'
import { redisBus } from '@sightline/adapter-redis'
import { busConformance } from '@sightline/conformance'
import { afterAll, describe, test, vi } from 'vitest'
import { tcpGate } from '../../adapter-sql/test/tcp-gate.ts'
import { startRedis } from './redis-server.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await startRedis()

if ('unavailable' in server) {
  test('bus: redis', (context) => context.skip(server.unavailable))
} else {
  const direct = new URL(server.url)
  const gate = await tcpGate({ host: direct.hostname, port: Number(direct.port || 6379) })
  const gated = new URL(direct)
  gated.host = `127.0.0.1:${gate.port}`

  afterAll(async () => {
    await gate.shut()
    await server.stop()
  })

  busConformance({
    name: server.version,
    runner: { describe, test },
    open: async () => {
      const prefix = randomUUID()
      return {
        bus: () => redisBus({ url: gated.href, prefix }),
        cutOff: async () => {
          await gate.shut()
          return () => gate.reopen()
        },
        dispose: async () => {},
      }
    },
  })
}
