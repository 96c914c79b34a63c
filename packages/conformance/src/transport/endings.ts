import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import { received, stateFrame, type TransportContext } from './context.ts'
import type { ScriptedGateway } from './gateway.ts'
import type { TransportClient } from './subject.ts'

const kilobytes64 = 'x'.repeat(65_536)

const endsWithin = async (client: TransportClient, withinMs = 10_000): Promise<string> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the connection has not ended after ${withinMs} ms`)), withinMs)
  })
  return Promise.race([client.closed, late]).finally(() => clearTimeout(timer))
}

interface Lag {
  readonly gateway: ScriptedGateway
  readonly client: TransportClient
  readonly room: string
  /** Others in the room, who read as fast as they can. */
  readonly readers?: readonly TransportClient[]
}

/** Pauses the client and sends to its room until the gateway hears that someone lags. Returns how many frames that took. */
const makeLag = async ({ transport }: TransportContext, { gateway, client, room, readers = [] }: Lag): Promise<number> => {
  client.pause()
  for (let sent = 0; sent < 2_000; sent++) {
    if (gateway.events.some(({ kind }) => kind === 'lagging')) return sent
    transport.broadcast(room, stateFrame('t', { sent, filler: kilobytes64 }))
    for (const reader of readers) await received(reader, sent + 1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return assert.fail('128 MB were sent to a client that does not read, and the gateway was not told that it lags')
}

/** Resolves once the client's newest frame carries that data; fails after ten seconds. */
const newestIs = async (client: TransportClient, data: unknown): Promise<void> => {
  const isIt = (): boolean => {
    const frame = client.frames.at(-1)
    return frame?.kind === 'state' && frame.data === data
  }
  for (const giveUpAt = performance.now() + 10_000; !isIt(); ) {
    assert.ok(performance.now() < giveUpAt, `the newest frame does not carry ${String(data)}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Clients that come to an end, and transports. */
export const endings: Group<TransportContext> = {
  name: 'endings',
  tests: {
    'the gateway hears of a client that leaves, once': async ({ serve, connect }) => {
      const gateway = await serve()
      const [leaving, staying] = [await connect(), await connect()]
      const [first, second] = gateway.sessions
      await leaving.close()
      const { sessionId } = await gateway.seen('disconnect')
      assert.ok(sessionId === first || sessionId === second)
      await staying.call({ operation: 'a', input: {} })
      assert.equal(gateway.events.filter(({ kind }) => kind === 'disconnect').length, 1)
    },

    'a session that is disconnected ends, with a reason, and alone': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const [ended, stays] = [await reader('room'), await reader('room')]
      const [sessionId] = gateway.sessions
      assert.ok(sessionId !== undefined)
      transport.disconnect(sessionId, 'session revoked')
      transport.disconnect(sessionId, 'session revoked')
      assert.equal(typeof (await endsWithin(ended)), 'string')
      await gateway.seen('disconnect', (event) => event.sessionId === sessionId)
      transport.broadcast('room', stateFrame('t', 1))
      await received(stays, 1)
      assert.equal(ended.frames.length, 0)
    },

    'a client that does not read is reported as lagging, once, and drained when it has read': async (context) => {
      const { transport, serve, reader } = context
      const gateway = await serve()
      const slow = await reader('room')
      const [sessionId] = gateway.sessions
      await makeLag(context, { gateway, client: slow, room: 'room' })
      assert.equal((await gateway.seen('lagging')).sessionId, sessionId)
      assert.equal(
        gateway.events.some(({ kind }) => kind === 'drained'),
        false,
      )
      slow.resume()
      assert.equal((await gateway.seen('drained')).sessionId, sessionId)
      transport.broadcast('room', stateFrame('t', 'latest'))
      await newestIs(slow, 'latest')
      assert.equal(gateway.events.filter(({ kind }) => kind === 'lagging').length, 1)
    },

    'a client that does not read holds nobody else up': async (context) => {
      const { transport, serve, reader } = context
      const gateway = await serve()
      const slow = await reader('room')
      const [slowId] = gateway.sessions
      const quick = await reader('room')
      await makeLag(context, { gateway, client: slow, room: 'room', readers: [quick] })
      assert.equal((await gateway.seen('lagging')).sessionId, slowId)
      transport.broadcast('room', stateFrame('t', 'quick'))
      await newestIs(quick, 'quick')
      slow.resume()
    },

    'close tells the clients and lets them read what was sent': async ({ transport, serve, reader }) => {
      await serve()
      const clients = [await reader('room'), await reader('room')]
      const count = 50
      for (let index = 0; index < count; index++)
        transport.broadcast('room', stateFrame('t', { index, filler: 'x'.repeat(2_000) }))
      await transport.close({ drainMs: 5_000 })
      for (const client of clients) {
        await endsWithin(client)
        assert.equal(client.frames.length, count)
      }
    },

    'close waits for a client that does not read no longer than it is given': async (context) => {
      const { transport, serve, reader } = context
      const gateway = await serve()
      const slow = await reader('room')
      await makeLag(context, { gateway, client: slow, room: 'room' })
      const before = performance.now()
      await transport.close({ drainMs: 300 })
      const tookMs = performance.now() - before
      assert.ok(tookMs < 3_000, `close took ${Math.round(tookMs)} ms of 300`)
      slow.resume()
      await endsWithin(slow)
    },

    'close without clients takes no time': async ({ transport, serve }) => {
      await serve()
      const before = performance.now()
      await transport.close({ drainMs: 30_000 })
      assert.ok(performance.now() - before < 5_000)
    },

    'close may be called again, at once, and before open': async ({ transport, serve, connect, another }) => {
      await serve()
      const client = await connect()
      await Promise.all([transport.close({ drainMs: 100 }), transport.close({ drainMs: 100 })])
      await transport.close({ drainMs: 100 })
      await endsWithin(client)
      const unopened = await another()
      await unopened.transport.close({ drainMs: 100 })
    },

    'after close nobody is let in, and nothing throws': async ({ transport, serve, connect }) => {
      const gateway = await serve()
      await connect()
      const [sessionId] = gateway.sessions
      assert.ok(sessionId !== undefined)
      await transport.close({ drainMs: 100 })
      await assert.rejects(connect())
      transport.broadcast('room', stateFrame('t', 1))
      transport.send(sessionId, stateFrame('t', 1), 'whole')
      transport.join(sessionId, 'room')
      transport.leave(sessionId, 'room')
      transport.disconnect(sessionId, 'late')
    },

    'closing one transport leaves another alone': async ({ transport, serve, another }) => {
      const other = await another()
      await serve()
      await other.serve()
      const client = await other.reader('room')
      await transport.close({ drainMs: 100 })
      other.transport.broadcast('room', stateFrame('t', 1))
      await received(client, 1)
    },

    'a transport has a name': async ({ transport }) => {
      assert.ok(transport.name.length > 0)
    },
  },
}
