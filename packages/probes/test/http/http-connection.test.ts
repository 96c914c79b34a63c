import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpProbe } from '../../src/index.ts'
import { collect, faultOf, textOf } from '../collect-once.ts'
import { calmDocument, type HostileServer, startHostileServer } from '../hostile-servers.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.close())

describe('a connection', () => {
  it('is kept between checks, and its phases are told once', async () => {
    const probe = httpProbe({ url: server.url('/ok') })
    const before = server.connectionsMade()
    expect((await collect(probe)).values).toHaveProperty('connectMs')
    for (let check = 0; check < 5; check++) expect((await collect(probe)).values).not.toHaveProperty('connectMs')
    expect(server.connectionsMade() - before).toBe(1)
    await probe.close?.()
  })

  it('is new each time when it is to be fresh', async () => {
    const probe = httpProbe({ url: server.url('/echo'), connection: 'fresh' })
    const before = server.connectionsMade()
    for (let check = 0; check < 3; check++) {
      const observation = await collect(probe)
      expect(observation.values).toHaveProperty('connectMs')
      expect(JSON.parse(textOf(observation)).headers.connection).toBe('close')
    }
    expect(server.connectionsMade() - before).toBe(3)
    await probe.close?.()
  })

  it('that the server closes as it is used again is no failure of the target', async () => {
    const probe = httpProbe({ url: server.url('/close-on-reuse') })
    for (let check = 0; check < 4; check++) expect(JSON.parse(textOf(await collect(probe)))).toEqual(calmDocument)
    await probe.close?.()
  })

  it('that is lost under a POST is not used to post again', async () => {
    const probe = httpProbe({ url: server.url('/close-on-reuse'), method: 'POST', body: '{}' })
    const before = server.requestCount('/close-on-reuse')
    await collect(probe)
    expect(faultOf(await collect(probe))).toBe(`UNAVAILABLE: Connection closed by 127.0.0.1:${server.port} before it answered.`)
    expect(server.requestCount('/close-on-reuse') - before).toBe(2)
    await probe.close?.()
  })

  it.each(['/hang', '/drip', '/huge', '/huge-declared', '/huge-error', '/redirect-file'] as const)(
    'is not held open by %s after the check',
    async (path) => {
      const target = await startHostileServer()
      const probe = httpProbe({ url: target.url(path) })
      expect((await collect(probe, { timeoutMs: 300 })).outcome).toBe('failed')
      // A redirect's short answer leaves a connection that is good to keep.
      await expect.poll(() => target.openConnections()).toBe(path === '/redirect-file' ? 1 : 0)
      await probe.close?.()
      await target.close()
    },
  )

  it('is made anew after a check that was given up', async () => {
    const target = await startHostileServer()
    const probe = httpProbe({ url: target.url('/hang-first') })
    expect(faultOf(await collect(probe, { timeoutMs: 200 }))).toMatch(/^TIMEOUT/)
    expect(JSON.parse(textOf(await collect(probe)))).toEqual(calmDocument)
    expect(target.connectionsMade()).toBe(2)
    await probe.close?.()
    await target.close()
  })

  it('serves again when the target is back on its port', async () => {
    const target = await startHostileServer()
    const { port } = target
    const probe = httpProbe({ url: target.url('/ok') })
    expect((await collect(probe)).outcome).toBe('bytes')
    await target.close()
    expect(faultOf(await collect(probe))).toBe(`UNAVAILABLE: Connection refused by 127.0.0.1:${port}.`)
    const again = await startHostileServer({ port })
    expect((await collect(probe)).outcome).toBe('bytes')
    await probe.close?.()
    await again.close()
  })
})

describe('giving up', () => {
  it('while connecting ends the attempt', async () => {
    // Accepts, and never begins TLS: the request never gets a connection.
    const mute = createServer().listen(0, '127.0.0.1')
    let connections = 0
    let closed = 0
    mute.on('connection', (socket) => {
      connections += 1
      socket
        .on('error', () => {})
        .once('close', () => {
          closed += 1
        })
      socket.resume()
    })
    await new Promise((resolve) => mute.once('listening', resolve))
    const { port } = mute.address() as AddressInfo
    const probe = httpProbe({ url: `https://127.0.0.1:${port}/` })
    for (let check = 1; check <= 2; check++) {
      const startedAt = performance.now()
      expect(faultOf(await collect(probe, { timeoutMs: 200 }))).toBe(`TIMEOUT: Timed out while connecting to 127.0.0.1:${port}.`)
      expect(performance.now() - startedAt).toBeLessThan(500)
      await expect.poll(() => [connections, closed]).toEqual([check, check])
    }
    await probe.close?.()
    mute.close()
  })

  it('before it began asks nothing', async () => {
    const probe = httpProbe({ url: server.url('/not-found') })
    const before = server.requestCount('/not-found')
    const observation = await probe.collect({ region: 'r', signal: AbortSignal.abort() })
    expect(faultOf(observation)).toBe(`ABORTED: Given up while connecting to 127.0.0.1:${server.port}.`)
    expect(server.requestCount('/not-found')).toBe(before)
    await probe.close?.()
  })

  it('leaves no listener on a signal that lives on', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...args)
    }
    const probe = httpProbe({ url: server.url('/redirect-chain') })
    await probe.collect({ region: 'r', signal })
    expect(listeners).toBe(0)
    await probe.close?.()
  })
})

describe('close', () => {
  it('ends what is going on, and lets every connection go', async () => {
    const target = await startHostileServer()
    const kept = httpProbe({ url: target.url('/redirect-to', `to=${server.url('/ok')}`) })
    const hanging = httpProbe({ url: target.url('/hang') })
    await collect(kept)
    const pending = collect(hanging, { timeoutMs: 10_000 })
    await expect.poll(() => target.requestCount('/hang')).toBe(1)
    await Promise.all([kept.close?.(), hanging.close?.()])
    expect(faultOf(await pending)).toBe(`ABORTED: The probe of 127.0.0.1:${target.port} was closed.`)
    await expect.poll(() => target.openConnections()).toBe(0)
    await expect.poll(() => server.openConnections()).toBe(0)
    expect(faultOf(await collect(kept))).toBe(`ABORTED: The probe of 127.0.0.1:${target.port} was closed.`)
    await kept.close?.()
    await target.close()
  })

  it('keeps few connections to places that redirects led to', async () => {
    const places = await Promise.all(Array.from({ length: 12 }, () => startHostileServer()))
    let turn = 0
    const { createServer: createHttpServer } = await import('node:http')
    const fickle = createHttpServer((_, response) => {
      response.writeHead(302, { location: places[turn++ % places.length]!.url('/ok') }).end()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => fickle.once('listening', resolve))
    const probe = httpProbe({ url: `http://127.0.0.1:${(fickle.address() as AddressInfo).port}/` })
    for (let check = 0; check < 24; check++) expect((await collect(probe)).outcome).toBe('bytes')
    const open = () => places.reduce((sum, place) => sum + place.openConnections(), 0)
    await expect.poll(open).toBeLessThanOrEqual(4)
    await probe.close?.()
    await expect.poll(open).toBe(0)
    fickle.close()
    await Promise.all(places.map((place) => place.close()))
  })

  it('leaves nothing that keeps a process alive', async () => {
    const script = new URL('./close-and-exit.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@sightline/source', script, server.origin], {
      timeout: 15_000,
    })
    expect(JSON.parse(stdout)).toEqual({ outcomes: ['bytes', 'failed', 'failed', 'failed'], before: true, sockets: 0, timers: 0 })
  })
})
