import type { Observation } from '@sightline/core'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAddressGuard, httpProbe, httpProbeKind, type Lookup, probeKinds, tcpProbe } from '../../src/index.ts'
import { collect, faultOf } from '../collect-once.ts'
import { type SocketServer, startSocketServer } from '../socket-server.ts'

/** Speaks just enough HTTP: `/away?<url>` redirects there, everything else answers. */
const answer = (socket: {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  write(text: string): unknown
}): void => {
  socket.on('data', (chunk) => {
    const away = /^GET \/away\?(\S+)/.exec(chunk.toString('latin1'))?.[1]
    const status = away === undefined ? '200 OK' : `302 Found\r\nlocation: ${decodeURIComponent(away)}`
    socket.write(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`)
  })
}

let allowed: SocketServer
let secret: SocketServer
beforeAll(async () => {
  allowed = await startSocketServer(answer, '127.0.0.1')
  secret = await startSocketServer(answer, '127.0.0.2')
})
afterAll(() => Promise.all([allowed.close(), secret.close()]))

const collectAll = async (kind: string, options: unknown, allow: readonly string[] = []): Promise<Observation> => {
  const probe = probeKinds({ guard: { allow } })
    .find((each) => each.kind === kind)!
    .open(options)
  try {
    return await collect(probe)
  } finally {
    await probe.close?.()
  }
}

describe('under a guard', () => {
  it.each<readonly [string, (port: number) => unknown]>([
    ['http', (port) => ({ url: `http://127.0.0.2:${port}/` })],
    ['http', (port) => ({ url: `https://127.0.0.2:${port}/` })],
    ['http', (port) => ({ url: `http://0x7f000002:${port}/` })],
    ['http', (port) => ({ url: `http://2130706434:${port}/` })],
    ['http', (port) => ({ url: `http://[::ffff:127.0.0.2]:${port}/` })],
    ['http', (port) => ({ url: `http://localhost:${port}/` })],
    ['tcp', (port) => ({ host: '127.0.0.2', port })],
    ['tcp', (port) => ({ host: '127.2', port })],
    ['tcp', (port) => ({ host: '::ffff:127.0.0.2', port })],
    ['tcp', (port) => ({ host: 'localhost', port })],
    ['tls', (port) => ({ host: '127.0.0.2', port })],
    ['tls', (port) => ({ host: 'localhost', port })],
    ['dns', (port) => ({ name: 'x.example', resolvers: [`127.0.0.2:${port}`] })],
    ['postgres', (port) => ({ url: `postgres://u:p@127.0.0.2:${port}/db` })],
    ['postgres', (port) => ({ url: `postgres://u:p@%31%32%37.0.0.2:${port}/db` })],
    ['postgres', (port) => ({ url: `postgres://u:p@localhost:${port}/db` })],
    ['mongodb', (port) => ({ url: `mongodb://u:p@127.0.0.2:${port}/` })],
    ['mongodb', (port) => ({ url: `mongodb://[::ffff:127.0.0.2]:${port}/` })],
    ['mongodb', (port) => ({ url: `mongodb://u:p@localhost:${port}/` })],
    ['redis', (port) => ({ url: `redis://u:p@127.0.0.2:${port}` })],
    ['redis', (port) => ({ url: `rediss://u:p@localhost:${port}` })],
  ])('%s does not connect to a private address, in any spelling', async (kind, options) => {
    const before = secret.connectionsMade()
    const observation = await collectAll(kind, options(secret.port))
    expect(faultOf(observation)).toMatch(/^FORBIDDEN: .* is not on the public Internet, and not among the networks allowed\.$/)
    expect(faultOf(observation)).not.toContain('u:p')
    expect(secret.connectionsMade()).toBe(before)
  })

  it('http reaches what is allowed', async () => {
    const observation = await collectAll('http', { url: `http://127.0.0.1:${allowed.port}/` }, ['127.0.0.1'])
    expect(observation).toMatchObject({ outcome: 'bytes', values: { statusCode: 200 } })
  })

  it('http does not follow a redirect to a private address', async () => {
    const before = secret.connectionsMade()
    const away = encodeURIComponent(`http://127.0.0.2:${secret.port}/`)
    const url = `http://127.0.0.1:${allowed.port}/away?${away}`
    expect(faultOf(await collectAll('http', { url }, ['127.0.0.1']))).toMatch(/^FORBIDDEN: 127\.0\.0\.2 /)
    expect(secret.connectionsMade()).toBe(before)
    // The same without a guard gets there: the redirect is one.
    const free = httpProbe({ url })
    expect(await collect(free)).toMatchObject({ outcome: 'bytes' })
    expect(secret.connectionsMade()).toBe(before + 1)
    await free.close?.()
  })

  it('http and tcp judge a name anew each time it is resolved', async () => {
    for (const open of [
      (guard: ReturnType<typeof createAddressGuard>) =>
        httpProbe({ url: `http://rebinding.example:${allowed.port}/`, connection: 'fresh' }, { guard }),
      (guard: ReturnType<typeof createAddressGuard>) => tcpProbe({ host: 'rebinding.example', port: allowed.port }, { guard }),
    ]) {
      let lookups = 0
      const lookup: Lookup = (_host, _options, callback) =>
        callback(null, [{ address: lookups++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }])
      const probe = open(createAddressGuard({ allow: ['127.0.0.1'] }, { lookup }))
      expect((await collect(probe)).outcome).not.toBe('failed')
      expect(faultOf(await collect(probe))).toMatch(/^FORBIDDEN: rebinding\.example /)
      expect(lookups).toBe(2)
      await probe.close?.()
    }
  })

  it('http takes no dispatcher, which would connect by itself', async () => {
    const dispatcher = new Agent()
    expect(() => httpProbeKind({ guard: {}, dispatcher }).open({ url: 'http://x' })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    )
    await dispatcher.close()
  })

  it('none of it stands in the way of those who do not ask for it', async () => {
    const probe = probeKinds()
      .find(({ kind }) => kind === 'tcp')!
      .open({ host: '127.0.0.2', port: secret.port })
    expect(await collect(probe)).toMatchObject({ outcome: 'value', value: { status: 'up' } })
  })
})

describe('all kinds', () => {
  it('are there by name, and list the faults of what is no options', () => {
    const kinds = probeKinds({ guard: {} })
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'http',
      'tcp',
      'dns',
      'tls',
      'postgres',
      'mongodb',
      'redis',
      'process',
      'host',
    ])
    for (const { parse } of kinds) {
      expect(() => parse({ nonsense: 1 })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', fields: expect.any(Array) }))
      expect(() => parse(7)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    }
  })
})
