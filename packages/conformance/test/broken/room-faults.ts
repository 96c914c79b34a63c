import type { Transport } from '@sightline/core/ports'
import type { Frame } from '@sightline/core/protocol'
import { broken, inRooms, isGone, type TransportFault, through } from './transport-fault.ts'

const noOthers = 'a broadcast reaches the sessions in the room and no others'
const asTheyAre = 'frames arrive as they are, of every kind'
const inOrder = 'frames arrive in the order of the calls, broadcasts and sends alike'
const toOne = 'send reaches one session'
const left = 'who leaves a room gets nothing more of it'
const twice = 'joining twice is joining once, and leaving what one is not in is nothing'
const gone = 'a session that is gone, or never was, is ignored'
const opaque = 'rooms are opaque: names that look like something are only names'
const noSession = 'a room is not a session: a broadcast to a session’s id reaches nobody'
const thisProcess = 'a broadcast reaches the clients of this process only'
const encodedOnce = 'a broadcast is encoded once, however many receive it'
const neverThrows = 'broadcast does not throw, whatever its clients are doing'

/** Frames that go elsewhere. */
export const roomFaults: readonly TransportFault[] = [
  broken('rooms are not looked at', inRooms(noOthers, left), (transport) => ({
    join: (id, room) => {
      transport.join(id, room)
      transport.join(id, 'everybody')
    },
    broadcast: (_, frame) => transport.broadcast('everybody', frame),
  })),
  broken('frames lose what a patch is based on', inRooms(asTheyAre), (transport) => ({
    broadcast: (room, frame) => {
      const { base: _, ...rest } = frame as Frame & { readonly base?: unknown }
      transport.broadcast(room, rest as Frame)
    },
  })),
  broken('what is sent to one waits for a turn', inRooms(inOrder), (transport) => ({
    send: (id, frame, variant) => void setTimeout(() => transport.send(id, frame, variant), 1),
  })),
  broken('what is sent to one is sent to its room', inRooms(toOne), (transport) => ({
    send: (_, frame) => transport.broadcast('room', frame),
  })),
  broken('a room is never left', inRooms(left, twice), () => ({ leave: () => {} })),
  broken('who joins twice gets everything twice', inRooms(twice), (transport) => {
    const doubles = new Map<string, string>()
    return {
      join: (id, room) => {
        if (doubles.has(`${id}${room}`)) doubles.set(`${id}${room}`, id)
        else doubles.set(`${id}${room}`, '')
        transport.join(id, room)
      },
      broadcast: (room, frame) => {
        transport.broadcast(room, frame)
        for (const [key, id] of doubles) if (id !== '' && key === `${id}${room}`) transport.send(id, frame, 'whole')
      },
    }
  }),
  broken('a session that is gone is an error', inRooms(gone), (transport) => ({
    send: (id, frame, variant) => (id === '' ? isGone('no such session') : transport.send(id, frame, variant)),
  })),
  broken('rooms are compared without case and spaces', inRooms(opaque), (transport) => ({
    join: (id, room) => transport.join(id, room.trim().toLowerCase()),
    broadcast: (room, frame) => transport.broadcast(room.trim().toLowerCase(), frame),
  })),
  through('every session has a room of its own name', inRooms(noSession), (gateway, transport) => ({
    subscribe: (id, request) => {
      transport.join(id, id)
      return gateway.subscribe(id, request)
    },
  })),
  {
    breaks: 'a broadcast reaches the clients of every process',
    noticedBy: inRooms(thisProcess),
    wrap: () => {
      const transports = new Set<Transport>()
      return (subject) => {
        transports.add(subject.transport)
        return {
          ...subject,
          transport: {
            ...subject.transport,
            broadcast: (room, frame) => {
              for (const transport of transports) transport.broadcast(room, frame)
            },
          },
        }
      }
    },
  },
  broken('a frame is encoded for each who gets it', inRooms(encodedOnce), (transport) => {
    const members = new Map<string, Set<string>>()
    return {
      join: (id, room) => {
        members.set(room, (members.get(room) ?? new Set()).add(id))
        transport.join(id, room)
      },
      broadcast: (room, frame) => {
        for (const id of members.get(room) ?? []) transport.send(id, frame, 'whole')
      },
    }
  }),
  broken('a broadcast throws where one of its clients is gone', inRooms(neverThrows), (transport) => {
    let count = 0
    return {
      broadcast: (room, frame) => {
        transport.broadcast(room, frame)
        if (++count === 51) isGone('broken pipe')
      },
    }
  }),
]
