import { once } from 'node:events'
import { request } from 'node:http'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, startServed } from '../support/served.ts'
import { until } from '../support/until.ts'

let served: Served

beforeAll(async () => {
  served = await startServed()
  await until(() => served.sightline.counters().snapshotWrites >= 2)
})
afterAll(() => served[Symbol.asyncDispose]())

describe('the door', () => {
  const ask = (path: string, method = 'GET', body?: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(served.url)
      const sent = request({ hostname, port, path, method }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      })
      sent.on('error', reject)
      sent.end(body)
    })

  test.each([
    ['/socket.io/', 400],
    ['/socket.io', 400],
    ['/socket.io/?EIO=4', 400],
    ['/socket.io/?EIO=3&transport=polling', 400],
    ['/socket.io/?EIO=4&transport=__proto__', 400],
    ['/socket.io/?EIO=4&transport=polling&sid=__proto__', 400],
    ['/socket.io/?EIO=4&transport=polling&sid=constructor', 400],
    ['/socket.io/?EIO=4&transport=websocket', 400],
    ['/socket.io/?%', 400],
    ['/socket.io//..//x?EIO=4&transport=polling', 200],
    ['/socket.iox/?EIO=4&transport=polling', 404],
  ])('GET %s is %i', async (path, status) => {
    expect(await ask(path)).toBe(status)
  })

  test('other methods and bodies', async () => {
    expect(await ask('/socket.io/?EIO=4&transport=polling', 'POST', 'x')).toBe(400)
    expect(await ask('/socket.io/?EIO=4&transport=polling', 'DELETE')).toBe(400)
  })

  test('a namespace that does not exist is refused', async () => {
    const socket = io(`${served.url}/admin`, { reconnection: false, forceNew: true })
    const error = await new Promise<Error>((resolve) => socket.once('connect_error', resolve))
    expect(error.message).toBe('Invalid namespace')
    socket.disconnect()
  })

  test('who is refused is told why', async () => {
    await using strict = await startServed({
      core: { access: { authenticate: () => Promise.reject(new Error('jwt malformed: eyJhbGciOi')) } },
    })
    const error = await strict.connect({ auth: { token: 'x' } }).then(
      () => null,
      (thrown: Error & { data?: unknown }) => thrown,
    )
    expect(error?.data).toEqual({ code: 'UNAUTHENTICATED', message: 'The credentials were not accepted.' })
    expect(JSON.stringify(error)).not.toContain('eyJ')
    expect(strict.sightline.sessions.count).toBe(0)
  })

  test('who leaves while still being authenticated leaves no session', async () => {
    let let_ = (): void => {}
    const asked = new Promise<void>((resolve) => {
      let_ = resolve
    })
    let answer = (): void => {}
    const answered = new Promise<null>((resolve) => {
      answer = () => resolve(null)
    })
    await using slow = await startServed({
      core: {
        access: {
          authenticate: async () => {
            let_()
            return answered
          },
        },
      },
    })
    const socket = io(slow.url, { transports: ['websocket'], reconnection: false, forceNew: true })
    await asked
    socket.disconnect()
    await new Promise((resolve) => setTimeout(resolve, 50))
    answer()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(slow.sightline.sessions.count).toBe(0)
  })

  test('credentials are as they were shown: headers in lower case, auth, address', async () => {
    const shown: unknown[] = []
    await using open = await startServed({
      serve: { trustedProxies: 1 },
      core: {
        access: {
          authenticate: (credentials) => {
            shown.push(credentials)
            return null
          },
        },
      },
    })
    await open.connect({
      transports: ['websocket'],
      auth: { token: 't' },
      extraHeaders: { 'X-Team': 'a', 'X-Forwarded-For': '203.0.113.9' },
    })
    expect(shown).toEqual([{ address: '203.0.113.9', auth: { token: 't' }, headers: expect.objectContaining({ 'x-team': 'a' }) }])
  })
})

describe('too many events', () => {
  const flood = (socket: Socket, count: number): Promise<unknown[]> =>
    Promise.all(Array.from({ length: count }, () => socket.emitWithAck('unsubscribe', { topic: 'regions' })))

  test('are refused with how long to wait, and later taken again', async () => {
    await using limited = await startServed({ serve: { socket: { eventRate: { perSecond: 50, burst: 20 } } } })
    const socket = await limited.connect({ transports: ['websocket'] })
    const answers_ = (await flood(socket, 60)) as { ok: boolean; error?: { code: string; retryAfterMs: number } }[]
    const refused = answers_.filter(({ ok }) => !ok)
    expect(refused.length).toBeGreaterThan(20)
    expect(refused[0]?.error).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterMs: expect.any(Number) })
    expect(refused[0]?.error?.retryAfterMs).toBeLessThanOrEqual(20)
    await until(async () => ((await socket.emitWithAck('unsubscribe', { topic: 'regions' })) as { ok: boolean }).ok)
    expect(socket.connected).toBe(true)
    const other = await limited.connect()
    expect(await other.emitWithAck('metrics:get', {})).toEqual({ ok: true })
  })
})

describe('a connection without a session', () => {
  const openRaw = async (url: string) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
    const packets: string[] = []
    socket.addEventListener('message', ({ data }) => {
      packets.push(String(data))
      if (data === '2') socket.send('3')
    })
    await once(socket, 'open')
    const join = async (): Promise<void> => {
      packets.length = 0
      socket.send('40')
      await until(() => packets.some((packet) => packet.startsWith('40{')))
    }
    return { socket, join, isOpen: () => socket.readyState === WebSocket.OPEN }
  }

  test('is let go when it left and does not join again', async () => {
    await using hasty = await startServed({ serve: { socket: { joinTimeoutMs: 200, pingIntervalMs: 50 } } })
    const leaver = await openRaw(hasty.url)
    await leaver.join()
    const stayer = await openRaw(hasty.url)
    await stayer.join()
    const returner = await openRaw(hasty.url)
    await returner.join()
    leaver.socket.send('41')
    returner.socket.send('41')
    await until(() => hasty.sightline.sessions.count === 1)
    await returner.join()
    await until(() => !leaver.isOpen())
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([stayer.isOpen(), returner.isOpen(), hasty.sightline.sessions.count]).toEqual([true, true, 2])
  })

  test('is let go when it never joined', async () => {
    await using hasty = await startServed({ serve: { socket: { joinTimeoutMs: 200 } } })
    const raw = await openRaw(hasty.url)
    await until(() => !raw.isOpen())
  })
})
