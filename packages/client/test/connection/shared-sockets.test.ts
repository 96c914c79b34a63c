import { testClock } from '@sightline/core/testing'
import { expect, test } from 'vitest'
import { createSharedSockets } from '../../src/connection/shared-sockets.ts'
import { createSession } from '../../src/session.ts'
import { scriptedServer, settle } from '../support/scripted-server.ts'

const setup = () => {
  const server = scriptedServer()
  const sockets = createSharedSockets()
  const create = () =>
    createSession({
      transport: server.transport,
      clock: testClock(),
      random: () => 0.5,
      idleMs: 1_000,
      keepMs: 1_000,
      maxLogEntries: 10,
      maxIdleTopics: 10,
      onResync: () => {},
    })
  return {
    server,
    acquire: (url: string, auth?: () => object) => sockets.acquire({ url, path: undefined, auth: auth as never }, create),
  }
}

test('one session for one url and one user', () => {
  const { acquire } = setup()
  const auth = () => ({})
  const first = acquire('/a', auth)
  expect(acquire('/a', auth).session).toBe(first.session)
  expect(acquire('/b', auth).session).not.toBe(first.session)
  expect(acquire('/a', () => ({})).session).not.toBe(first.session)
  expect(acquire('/a').session).not.toBe(first.session)
})

test('closed after its last user, and made anew for the next', async () => {
  const { server, acquire } = setup()
  const first = acquire('/a')
  const second = acquire('/a')
  first.session.connection.hold()
  await settle()
  first.release()
  first.release()
  expect(server.open).toBe(1)
  second.release()
  expect(server.open).toBe(0)
  expect(acquire('/a').session).not.toBe(first.session)
})

test('two stores know nothing of each other', () => {
  expect(setup().acquire('/a').session).not.toBe(setup().acquire('/a').session)
})
