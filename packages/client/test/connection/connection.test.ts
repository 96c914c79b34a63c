import { SightlineError } from '@sightline/core/protocol'
import { testClock } from '@sightline/core/testing'
import { expect, test } from 'vitest'
import { createConnection } from '../../src/connection/connection.ts'
import { scriptedServer, settle } from '../support/scripted-server.ts'

const setup = (idleMs: number | null = 1_000) => {
  const server = scriptedServer()
  const clock = testClock()
  const told: string[] = []
  const connection = createConnection({
    transport: server.transport,
    clock,
    idleMs,
    on: {
      connected: () => told.push('connected'),
      disconnected: (error) => told.push(error ? `gone: ${error.code}` : 'lost'),
      frame: ({ topic }) => told.push(topic),
    },
  })
  const statuses: string[] = []
  connection.subscribe(() => statuses.push(connection.get().status))
  return { server, clock, told, connection, statuses }
}

test('opens with the first use, and closes a while after the last', async () => {
  const { server, clock, connection, statuses } = setup()
  expect(connection.get()).toEqual({ status: 'idle', error: null })
  const first = connection.hold()
  const second = connection.hold()
  await settle()
  expect([server.opened, connection.get().status]).toEqual([1, 'connected'])
  first()
  first()
  await clock.advance(5_000)
  expect(server.open).toBe(1)
  second()
  await clock.advance(999)
  expect(server.open).toBe(1)
  await clock.advance(1)
  expect([server.open, connection.get().status]).toEqual([0, 'idle'])
  connection.hold()
  await settle()
  expect([server.opened, connection.get().status]).toEqual([2, 'connected'])
  expect(statuses).toEqual(['connecting', 'connected', 'idle', 'connecting', 'connected'])
})

test('a use during the grace time keeps it open', async () => {
  const { server, clock, connection } = setup()
  connection.hold()()
  await clock.advance(900)
  connection.hold()
  await clock.advance(60_000)
  expect([server.opened, server.open]).toEqual([1, 1])
})

test('without a grace time it stays open until it is closed', async () => {
  const { server, clock, connection } = setup(null)
  connection.hold()()
  await clock.advance(10_000_000)
  expect(server.open).toBe(1)
  connection.close()
  expect([server.open, clock.pending]).toEqual([0, 0])
})

test('reports a loss once, with the reason, and the return', async () => {
  const { server, connection, told, statuses } = setup()
  connection.hold()
  await settle()
  server.down()
  await settle()
  expect(connection.get()).toMatchObject({ status: 'reconnecting', error: { code: 'UNAVAILABLE' } })
  server.up()
  await settle()
  expect(connection.get()).toEqual({ status: 'connected', error: null })
  expect(connection.losses).toBe(1)
  expect(told).toEqual(['connected', 'lost', 'lost', 'connected'])
  expect(statuses).toEqual(['connecting', 'connected', 'reconnecting', 'reconnecting', 'connected'])
})

test('the state is the same object until it changes', async () => {
  const { server, connection } = setup()
  connection.hold()
  await settle()
  const before = connection.get()
  expect(connection.get()).toBe(before)
  server.down()
  await settle()
  const away = connection.get()
  server.up()
  server.down()
  expect(connection.get()).toBe(away)
})

test('a refusal closes it, with the server’s error; the next use tries again', async () => {
  const { server, connection, told } = setup()
  server.refuse({ code: 'UNAUTHENTICATED', message: 'Sign in.' })
  connection.hold()
  await settle()
  expect(connection.get()).toMatchObject({ status: 'closed', error: { code: 'UNAUTHENTICATED', message: 'Sign in.' } })
  expect(connection.get().error).toBeInstanceOf(SightlineError)
  expect(told).toEqual(['gone: UNAUTHENTICATED'])
  server.refuse(null)
  connection.hold()
  await settle()
  expect(connection.get().status).toBe('connected')
})

test('reconnects when told, for new credentials', async () => {
  const { server, connection } = setup()
  connection.reconnect()
  expect(server.opened).toBe(0)
  connection.hold()
  await settle()
  connection.reconnect()
  await settle()
  expect([server.opened, server.open, connection.losses, connection.get().status]).toEqual([2, 1, 1, 'connected'])
})

test('once closed, it stays so', async () => {
  const { server, connection } = setup()
  connection.hold()
  await settle()
  connection.close()
  connection.close()
  connection.hold()
  connection.reconnect()
  await settle()
  expect([server.open, server.opened]).toEqual([0, 1])
  expect(connection.get()).toMatchObject({ status: 'closed', error: { code: 'ABORTED' } })
  await expect(connection.request('call', { operation: 'x', input: {} })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('what a dropped transport still says is not heard', async () => {
  const { server, connection, told } = setup()
  connection.hold()
  connection.reconnect()
  await settle()
  expect(told).toEqual(['lost', 'connected'])
  expect(server.open).toBe(1)
})

test('waiting for it: connected, refused, too long, aborted', async () => {
  const { server, clock, connection } = setup()
  server.down()
  connection.hold()
  const tooLong = connection.ready({ timeoutMs: 500 }).catch((error: SightlineError) => error.code)
  await clock.advance(500)
  expect(await tooLong).toBe('UNAVAILABLE')
  const abort = new AbortController()
  const aborted = connection.ready({ timeoutMs: 500, signal: abort.signal }).catch((error: SightlineError) => error.code)
  abort.abort()
  expect(await aborted).toBe('ABORTED')
  await expect(connection.ready({ timeoutMs: 500, signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  const connected = connection.ready({ timeoutMs: 500 })
  server.up()
  await connected
  server.refuse({ code: 'FORBIDDEN', message: 'No.' })
  await expect(connection.ready({ timeoutMs: 500 })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(clock.pending).toBe(0)
})
