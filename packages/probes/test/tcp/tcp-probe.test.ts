import type { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../adapter-sql/test/free-port.ts'
import { parseTcpProbeOptions, type TcpProbeOptions, tcpProbe } from '../../src/index.ts'
import { type CollectOptions, collect, faultOf } from '../collect-once.ts'
import { faultsOf } from '../faults-of.ts'
import { type SocketServer, startSocketServer } from '../socket-server.ts'

let server: SocketServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

const start = async (serve: (socket: Socket) => void): Promise<SocketServer> => {
  server = await startSocketServer(serve)
  return server
}

const check = async (options: Partial<TcpProbeOptions> = {}, context: CollectOptions = {}) => {
  const probe = tcpProbe({ host: '127.0.0.1', port: server?.port ?? 1, ...options })
  try {
    return await collect(probe, context)
  } finally {
    await probe.close?.()
  }
}

describe('a port', () => {
  it('that listens is up', async () => {
    const { openConnections } = await start(() => {})
    const observation = await check()
    expect(observation).toMatchObject({ outcome: 'value', value: { status: 'up' }, values: { connectMs: expect.any(Number) } })
    expect(Object.keys(observation.values)).toEqual(['connectMs'])
    await vi.waitFor(() => expect(openConnections()).toBe(0))
  })

  it('is looked up where it has a name', async () => {
    const { port } = await start(() => {})
    expect((await check({ host: 'localhost', port })).values).toMatchObject({
      dnsMs: expect.any(Number),
      connectMs: expect.any(Number),
    })
  })

  it('that nobody listens on is not', async () => {
    const port = await freePort()
    expect(faultOf(await check({ port }))).toBe(`UNAVAILABLE: Connection refused by 127.0.0.1:${port}.`)
    expect(faultOf(await check({ host: '::1', port }))).toMatch(/^UNAVAILABLE: .*\[::1\]:/)
  })

  it('gets what is to be sent', async () => {
    const { received } = await start(() => {})
    await check({ send: 'HELLO\r\n' })
    await vi.waitFor(() => expect(received()).toBe('HELLO\r\n'))
  })

  it('may have to answer', async () => {
    await start((socket) => socket.on('data', (chunk: Buffer) => socket.write(`re: ${chunk.toString()}`)))
    const observation = await check({ send: 'PING', expect: { contains: 're: ', matches: 'P.*G$' } })
    expect(observation).toMatchObject({ outcome: 'value', values: { readBytes: 8, firstByteMs: expect.any(Number) } })
  })

  it('may answer a byte at a time', async () => {
    await start((socket) => {
      const bytes = [...'220 mail.example ESMTP ready for you\r\n']
      const timer = setInterval(() => {
        const next = bytes.shift()
        if (next !== undefined) socket.write(next)
      }, 2)
      socket.on('close', () => clearInterval(timer))
    })
    expect(await check({ expect: { contains: 'ready for you\r\n' } })).toMatchObject({ outcome: 'value' })
  })

  it('may answer and close', async () => {
    await start((socket) => socket.end('bye'))
    expect(await check({ expect: { contains: 'bye' } })).toMatchObject({ outcome: 'value' })
    expect(faultOf(await check({ expect: { contains: 'hello' } }))).toMatch(
      /^UNAVAILABLE: What \S+ sent lacks the text of expect\.contains\.$/,
    )
  })
})

describe('a hostile server', () => {
  it('that closes at once', async () => {
    await start((socket) => socket.end())
    expect(faultOf(await check({ expect: { contains: 'x' } }))).toMatch(
      /^UNAVAILABLE: Connection closed by \S+ before it sent what is expected\.$/,
    )
  })

  it('that resets', async () => {
    await start((socket) => socket.on('data', () => socket.resetAndDestroy()))
    expect(faultOf(await check({ send: 'x', expect: { contains: 'x' } }))).toMatch(/^UNAVAILABLE: Connection closed by /)
  })

  it('that says nothing', async () => {
    const { openConnections } = await start(() => {})
    const observation = await check({ expect: { contains: 'x' } }, { timeoutMs: 200 })
    expect(faultOf(observation)).toMatch(/^TIMEOUT: Timed out while checking 127\.0\.0\.1:\d+\.$/)
    expect(observation.values).toHaveProperty('connectMs')
    await vi.waitFor(() => expect(openConnections()).toBe(0))
  })

  it('whose banner never ends', async () => {
    const piece = Buffer.alloc(16_384, 'a')
    const { openConnections } = await start((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(piece));
      }
      socket.on('drain', pour)
      pour()
    })
    const observation = await check({ expect: { contains: 'b' }, maxBytes: 10_000 })
    expect(faultOf(observation)).toMatch(
      /^TOO_LARGE: What \S+ sent lacks the text of expect\.contains, in its first 10000 bytes\.$/,
    )
    expect(observation.values.readBytes).toBe(10_000)
    // A pattern that backtracks over it holds nothing up for long.
    expect(faultOf(await check({ expect: { matches: 'a*a*a*a*b$' } }, { timeoutMs: 10_000 }))).toMatch(/backtracks too much\.$/)
    await vi.waitFor(() => expect(openConnections()).toBe(0))
  })

  it('that does not read', async () => {
    await start((socket) => socket.pause())
    expect(faultOf(await check({ send: 'x'.repeat(65_536), expect: { contains: 'y' } }, { timeoutMs: 300 }))).toMatch(
      /^TIMEOUT: /,
    )
  })
})

describe('giving up', () => {
  it('happens where it has been asked for already', async () => {
    const { connectionsMade } = await start(() => {})
    const probe = tcpProbe({ host: '127.0.0.1', port: server!.port })
    const observation = await probe.collect({ region: 'r', signal: AbortSignal.abort() })
    expect(faultOf(observation)).toMatch(/^ABORTED: /)
    expect(connectionsMade()).toBe(0)
  })

  it('happens at close', async () => {
    const { openConnections } = await start(() => {})
    const probe = tcpProbe({ host: '127.0.0.1', port: server!.port, expect: { contains: 'x' } })
    const checking = collect(probe)
    await vi.waitFor(() => expect(openConnections()).toBe(1))
    await probe.close?.()
    expect(faultOf(await checking)).toMatch(/^ABORTED: /)
    await vi.waitFor(() => expect(openConnections()).toBe(0))
  })
})

describe('options', () => {
  it('come out as they went in', () => {
    const options = { host: 'mail.example', port: 25, send: 'x', expect: { matches: '^220' }, maxBytes: 1 }
    expect(parseTcpProbeOptions(options)).toEqual(options)
  })

  it('have all their faults told at once, by path', () => {
    const raw = { host: 'a b', port: 0, send: '', expect: { matches: '(' }, maxBytes: 1.5, url: 'x' }
    expect(faultsOf(parseTcpProbeOptions, raw)).toEqual({
      host: 'must be a host name or an address',
      port: 'must be a port, 1 to 65535',
      send: 'must not be empty',
      'expect.matches': 'must be a regular expression as JavaScript has it, with the flag u',
      maxBytes: 'must be a whole number',
      url: 'is not an option of the TCP probe',
    })
    expect(faultsOf(parseTcpProbeOptions, null)).toEqual({ '': 'must be an object with a host and a port' })
    expect(faultsOf(parseTcpProbeOptions, { host: 'a', port: 1, expect: {} })).toEqual({
      expect: 'must be an object with contains or matches',
    })
  })
})
