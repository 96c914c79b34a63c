import assert from 'node:assert/strict'
import type { Frame } from '@sightline/core/protocol'
import type { Group } from '../runner.ts'
import { received, stateFrame, type TransportContext } from './context.ts'

const dataOf = (frames: readonly Frame[]): readonly unknown[] =>
  frames.map((frame) => (frame.kind === 'state' ? frame.data : frame))

/** Who gets which frames, and in which order. */
export const rooms: Group<TransportContext> = {
  name: 'rooms',
  tests: {
    'a broadcast reaches the sessions in the room and no others': async ({ transport, serve, reader }) => {
      await serve()
      const [a, b, outside] = [await reader('red'), await reader('red', 'blue'), await reader('blue')]
      transport.broadcast('red', stateFrame('t', 'red'))
      transport.broadcast('nobody', stateFrame('t', 'nobody'))
      transport.broadcast('blue', stateFrame('t', 'blue'))
      assert.deepEqual(dataOf(await received(a, 1)), ['red'])
      assert.deepEqual(dataOf(await received(b, 2)), ['red', 'blue'])
      assert.deepEqual(dataOf(await received(outside, 1)), ['blue'])
      transport.broadcast('red', stateFrame('t', 'last'))
      transport.broadcast('blue', stateFrame('t', 'last'))
      assert.deepEqual(dataOf(await received(a, 2)), ['red', 'last'])
      assert.deepEqual(dataOf(await received(outside, 2)), ['blue', 'last'])
    },

    'frames arrive as they are, of every kind': async ({ transport, serve, reader }) => {
      await serve()
      const client = await reader('room')
      const version = { epoch: 'e', revision: 7 }
      const frames: readonly Frame[] = [
        stateFrame('t', { nested: [1, null, { '$a.b': '\u0000' }], '😀': 1e21 }),
        {
          kind: 'state',
          topic: 't',
          version,
          digest: 'd',
          base: version,
          patch: [
            { op: 'replace', path: '/a', value: 1 },
            { op: 'remove', path: '/b' },
          ],
        },
        {
          kind: 'keyed',
          topic: 't',
          digest: 'd',
          put: [['k', version, { a: 1 }]],
          drop: [['gone', version]],
          reset: true,
          next: 'more',
        },
        { kind: 'log', topic: 't', cursor: 'c', entries: [{ id: '1' }], dropped: 3 },
        { ...stateFrame('t', null), provisional: true },
      ]
      for (const frame of frames) transport.broadcast('room', frame)
      assert.deepEqual(await received(client, frames.length), frames)
    },

    'frames arrive in the order of the calls, broadcasts and sends alike': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const client = await reader('room')
      const [sessionId] = gateway.sessions
      assert.ok(sessionId !== undefined)
      const count = 300
      for (let index = 0; index < count; index++) {
        if (index % 3 === 0) transport.send(sessionId, stateFrame('t', index), 'whole')
        else transport.broadcast('room', stateFrame('t', index))
      }
      assert.deepEqual(
        dataOf(await received(client, count)),
        Array.from({ length: count }, (_, index) => index),
      )
    },

    'send reaches one session': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const [a, b] = [await reader('room'), await reader('room')]
      const [first, second] = gateway.sessions
      assert.ok(first !== undefined && second !== undefined)
      transport.send(second, stateFrame('t', 'second'), 'whole')
      transport.send(first, stateFrame('t', 'first'), 'whole')
      transport.broadcast('room', stateFrame('t', 'all'))
      assert.deepEqual(dataOf(await received(a, 2)), ['first', 'all'])
      assert.deepEqual(dataOf(await received(b, 2)), ['second', 'all'])
    },

    'who leaves a room gets nothing more of it': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const client = await reader('a', 'b')
      const [sessionId] = gateway.sessions
      assert.ok(sessionId !== undefined)
      transport.broadcast('a', stateFrame('t', 1))
      transport.leave(sessionId, 'a')
      transport.broadcast('a', stateFrame('t', 'late'))
      transport.broadcast('b', stateFrame('t', 2))
      transport.join(sessionId, 'a')
      transport.broadcast('a', stateFrame('t', 3))
      assert.deepEqual(dataOf(await received(client, 3)), [1, 2, 3])
    },

    'joining twice is joining once, and leaving what one is not in is nothing': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const client = await reader('a')
      const [sessionId] = gateway.sessions
      assert.ok(sessionId !== undefined)
      transport.join(sessionId, 'a')
      transport.join(sessionId, 'a')
      transport.leave(sessionId, 'other')
      transport.broadcast('a', stateFrame('t', 1))
      transport.leave(sessionId, 'a')
      transport.broadcast('a', stateFrame('t', 'late'))
      transport.send(sessionId, stateFrame('t', 2), 'whole')
      assert.deepEqual(dataOf(await received(client, 2)), [1, 2])
    },

    'a session that is gone, or never was, is ignored': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const [gone, stays] = [await reader('room'), await reader('room')]
      const [sessionId] = gateway.sessions
      assert.ok(sessionId !== undefined)
      await gone.close()
      await gateway.seen('disconnect', (event) => event.sessionId === sessionId)
      for (const id of [sessionId, 'never-was', '', '__proto__']) {
        transport.join(id, 'room')
        transport.send(id, stateFrame('t', 'to nobody'), 'whole')
        transport.leave(id, 'room')
        transport.disconnect(id, 'again')
      }
      transport.broadcast('room', stateFrame('t', 1))
      assert.deepEqual(dataOf(await received(stays, 1)), [1])
    },

    'rooms are opaque: names that look like something are only names': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const names = ['', 'a', 'A', 'a ', 'a:b', 'a/b', '*', '__proto__', 'constructor', '😀', 'x'.repeat(500)]
      const clients = await Promise.all(names.map(() => reader()))
      const ids = [...gateway.sessions]
      for (const [index, name] of names.entries()) transport.join(ids[index] ?? '', name)
      for (const name of names) transport.broadcast(name, stateFrame('t', name))
      for (const id of ids) transport.send(id, stateFrame('t', 'end'), 'whole')
      const got = await Promise.all(clients.map(async (client) => dataOf(await received(client, 2))))
      // Clients connected at once: which session is whose does not matter, only that each room had one.
      assert.deepEqual(new Set(got.map(([first]) => first)), new Set(names))
      assert.ok(got.every(([, second]) => second === 'end'))
    },

    'a room is not a session: a broadcast to a session’s id reaches nobody': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const client = await reader('room')
      const [sessionId] = gateway.sessions
      assert.ok(sessionId !== undefined)
      transport.broadcast(sessionId, stateFrame('t', 'to a room of that name'))
      transport.broadcast('room', stateFrame('t', 'end'))
      assert.deepEqual(dataOf(await received(client, 1)), ['end'])
    },

    'a broadcast reaches the clients of this process only': async ({ transport, serve, reader, another }) => {
      const other = await another()
      await serve()
      await other.serve()
      const [here, there] = [await reader('room'), await other.reader('room')]
      transport.broadcast('room', stateFrame('t', 'here'))
      assert.deepEqual(dataOf(await received(here, 1)), ['here'])
      other.transport.broadcast('room', stateFrame('t', 'there'))
      assert.deepEqual(dataOf(await received(there, 1)), ['there'])
      transport.broadcast('room', stateFrame('t', 'here again'))
      assert.deepEqual(dataOf(await received(here, 2)), ['here', 'here again'])
    },

    'a broadcast is encoded once, however many receive it': async ({ transport, serve, reader }) => {
      await serve()
      const encodings = async (room: string, readers: number): Promise<number> => {
        const clients = await Promise.all(Array.from({ length: readers }, () => reader(room)))
        let count = 0
        const data = {
          toJSON: () => {
            count++
            return 'encoded'
          },
        }
        transport.broadcast(room, stateFrame('t', data))
        for (const client of clients) assert.deepEqual(dataOf(await received(client, 1)), ['encoded'])
        return count
      }
      assert.equal(await encodings('eight', 8), await encodings('one', 1))
    },

    'broadcast does not throw, whatever its clients are doing': async ({ transport, serve, reader }) => {
      await serve()
      const clients = await Promise.all(Array.from({ length: 4 }, () => reader('room')))
      const closing = clients.slice(1).map((client) => client.close())
      for (let index = 0; index < 50; index++) transport.broadcast('room', stateFrame('t', index))
      await Promise.all(closing)
      transport.broadcast('room', stateFrame('t', 'end'))
      assert.equal(dataOf(await received(clients[0] as (typeof clients)[0], 51)).at(-1), 'end')
    },
  },
}
