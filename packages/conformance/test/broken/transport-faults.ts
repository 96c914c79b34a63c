import { SightlineError } from '@sightline/core'
import type { Gateway, Transport } from '@sightline/core/ports'
import type { Frame } from '@sightline/core/protocol'
import { type TransportSubject, transportConformance } from '../../src/index.ts'
import { lineSubject } from '../transport/line-subject.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'

export interface TransportFault {
  readonly breaks: string
  readonly noticedBy: readonly string[]
  readonly wrap: () => (subject: TransportSubject) => TransportSubject
}

const broken = (
  breaks: string,
  noticedBy: readonly string[],
  change: (transport: Transport) => Partial<Transport>,
): TransportFault => ({
  breaks,
  noticedBy,
  wrap: () => (subject) => ({ ...subject, transport: { ...subject.transport, ...change(subject.transport) } }),
})

const through = (
  breaks: string,
  noticedBy: readonly string[],
  change: (gateway: Gateway, transport: Transport) => Partial<Gateway>,
): TransportFault =>
  broken(breaks, noticedBy, (transport) => ({
    open: (gateway) => transport.open({ ...gateway, ...change(gateway, transport) }),
  }))

const inRooms = (...titles: readonly string[]): readonly string[] => titles.map((title) => `rooms: ${title}`)
const inRequests = (...titles: readonly string[]): readonly string[] => titles.map((title) => `requests: ${title}`)
const inEndings = (...titles: readonly string[]): readonly string[] => titles.map((title) => `endings: ${title}`)

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

const isGone = (thrown: string): never => {
  throw new Error(thrown)
}

const roomFaults: readonly TransportFault[] = [
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

const requestFaults: readonly TransportFault[] = [
  broken('clients are let in before open', inRequests('nobody is let in before open'), (transport) => {
    const inner: { gateway: Gateway | null } = { gateway: null }
    const waiting: Gateway = {
      connect: async () => ({ sessionId: 'early', serverTime: 0, protocol: 1 }),
      disconnect: () => {},
      lagging: () => {},
      drained: () => {},
      subscribe: async (_, request) => ({ topic: request.topic, upToDate: true }),
      unsubscribe: () => {},
      call: async () => null,
    }
    void transport.open(waiting)
    return {
      open: (gateway) => {
        inner.gateway = gateway
        return transport.open(gateway)
      },
    }
  }),
  through('headers keep their spelling', inRequests('the gateway is shown what the client showed'), (gateway) => ({
    connect: ({ headers, ...shown }) =>
      gateway.connect({
        ...shown,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])),
      }),
  })),
  through(
    'what a client shows is not passed on',
    inRequests('the gateway is shown what the client showed', 'a client that the gateway refuses is not let in, and is told why'),
    (gateway) => ({
      connect: (credentials) => gateway.connect({ ...credentials, auth: undefined }),
    }),
  ),
  through(
    'a client that is refused is let in',
    inRequests('a client that the gateway refuses is not let in, and is told why'),
    (gateway) => ({
      connect: (credentials) =>
        gateway.connect(credentials).catch(() => gateway.connect({ ...credentials, auth: { token: 'good' } })),
    }),
  ),
  through(
    'a subscription is answered by the transport itself',
    inRequests('a subscription goes to the gateway and its answer to the client, of every form'),
    (gateway) => ({
      subscribe: async (id, request) => {
        await gateway.subscribe(id, request)
        return { topic: request.topic, upToDate: true }
      },
    }),
  ),
  through(
    'where a client stands is not passed on',
    inRequests('a subscription goes to the gateway and its answer to the client, of every form'),
    (gateway) => ({
      subscribe: (id, { since: _, ...request }) => gateway.subscribe(id, request),
    }),
  ),
  broken(
    'a room is joined when its subscription has been answered',
    inRequests('a frame that was broadcast while a subscription was being answered is not lost'),
    (transport) => {
      let waiting: (() => void)[] | null = null
      return {
        open: (gateway) =>
          transport.open({
            ...gateway,
            subscribe: async (id, request) => {
              waiting = []
              const answer = await gateway.subscribe(id, request)
              for (const join of waiting) join()
              waiting = null
              return answer
            },
          }),
        join: (id, room) => {
          if (waiting === null) transport.join(id, room)
          else waiting.push(() => transport.join(id, room))
        },
      }
    },
  ),
  through('an unsubscription is not passed on', inRequests('an unsubscription goes to the gateway, of that session'), () => ({
    unsubscribe: () => {},
  })),
  through(
    'the key of a command is not passed on',
    inRequests('a call goes to the gateway with its input and key, its output to the client'),
    (gateway) => ({
      call: (id, { idempotencyKey: _, ...request }) => gateway.call(id, request),
    }),
  ),
  through(
    'an empty answer is none',
    inRequests('a call goes to the gateway with its input and key, its output to the client'),
    (gateway) => ({
      call: async (id, request) => {
        const output = (await gateway.call(id, request)) as { readonly input?: unknown }
        return output.input === null ? {} : output
      },
    }),
  ),
  through(
    'answers come in the order of the calls, whosever they are',
    inRequests('answers find their calls, whichever comes first'),
    (gateway) => {
      const outputs: unknown[] = []
      return {
        call: async (id, request) => {
          outputs.push(await gateway.call(id, request))
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 100))
          return outputs.shift()
        },
      }
    },
  ),
  through(
    'every refusal is INTERNAL',
    inRequests(
      'a refusal reaches the client with its code and message, and ends nothing',
      'the faults of an input reach the client by their paths',
    ),
    (gateway) => ({
      call: (id, request) =>
        gateway.call(id, request).catch(() => {
          throw new SightlineError('INTERNAL', 'Something went wrong.')
        }),
    }),
  ),
  through(
    'a fault inside is shown as it is',
    inRequests('a fault inside is INTERNAL to the client: nothing of it is shown'),
    (gateway) => ({
      call: (id, request) =>
        gateway.call(id, request).catch((error: Error) => {
          throw new SightlineError('INTERNAL', error.message)
        }),
    }),
  ),
]

const slowOnce = 'a client that does not read is reported as lagging, once, and drained when it has read'
const slowAlone = 'a client that does not read holds nobody else up'
const closeDrains = 'close tells the clients and lets them read what was sent'
const closeCuts = 'close waits for a client that does not read no longer than it is given'
const closeQuick = 'close without clients takes no time'
const closeAgain = 'close may be called again, at once, and before open'
const closed = 'after close nobody is let in, and nothing throws'

const endingFaults: readonly TransportFault[] = [
  broken('a transport has no name', inEndings('a transport has a name'), () => ({ name: '' })),
  through(
    'nobody hears of a client that leaves',
    [...inEndings('the gateway hears of a client that leaves, once'), ...inRooms(gone)],
    () => ({ disconnect: () => {} }),
  ),
  through('a client that leaves is reported twice', inEndings('the gateway hears of a client that leaves, once'), (gateway) => ({
    disconnect: (id) => {
      gateway.disconnect(id)
      gateway.disconnect(id)
    },
  })),
  broken('a session cannot be disconnected', inEndings('a session that is disconnected ends, with a reason, and alone'), () => ({
    disconnect: () => {},
  })),
  {
    breaks: 'disconnecting one session ends them all',
    noticedBy: inEndings('a session that is disconnected ends, with a reason, and alone'),
    wrap: () => (subject) => {
      const ids = new Set<string>()
      const { transport } = subject
      return {
        ...subject,
        transport: {
          ...transport,
          join: (id, room) => {
            ids.add(id)
            transport.join(id, room)
          },
          disconnect: (_, reason) => {
            for (const id of ids) transport.disconnect(id, reason)
          },
        },
      }
    },
  },
  through('nobody hears of a client that does not read', inEndings(slowOnce, slowAlone), () => ({ lagging: () => {} })),
  through('a client that has read stays out', inEndings(slowOnce), () => ({ drained: () => {} })),
  through('a client that does not read is reported with every frame', inEndings(slowOnce), (gateway) => ({
    lagging: (id) => {
      gateway.lagging(id)
      gateway.lagging(id)
    },
  })),
  through('where one client lags, all of its room do', inEndings(slowAlone), (gateway, transport) => ({
    lagging: (id) => {
      gateway.lagging(id)
      for (const other of ['session-1', 'session-2']) transport.leave(other, 'room')
    },
  })),
  broken('close cuts at once', inEndings(closeDrains), (transport) => ({
    broadcast: (room, frame) => void setTimeout(() => transport.broadcast(room, frame), 20),
  })),
  broken('close waits for whoever does not read', inEndings(closeCuts), (transport) => ({
    close: () => transport.close({ drainMs: 60_000 }),
  })),
  broken('close always takes all the time it is given', inEndings(closeQuick), (transport) => ({
    close: async ({ drainMs }) => {
      await transport.close({ drainMs })
      await new Promise((resolve) => setTimeout(resolve, drainMs))
    },
  })),
  broken('a second close rejects', inEndings(closeAgain), (transport) => {
    let isClosed = false
    return {
      close: async (options) => {
        if (isClosed) isGone('closed already')
        isClosed = true
        return transport.close(options)
      },
    }
  }),
  broken('a closed transport throws', inEndings(closed), (transport) => {
    let isClosed = false
    return {
      close: async (options) => {
        isClosed = true
        return transport.close(options)
      },
      broadcast: (room, frame) => (isClosed ? isGone('closed') : transport.broadcast(room, frame)),
    }
  }),
  {
    breaks: 'closing one transport closes them all',
    noticedBy: inEndings('closing one transport leaves another alone'),
    wrap: () => {
      const transports = new Set<Transport>()
      return (subject) => {
        transports.add(subject.transport)
        return {
          ...subject,
          transport: {
            ...subject.transport,
            close: async (options) => {
              for (const transport of transports) await transport.close(options)
            },
          },
        }
      }
    },
  },
]

export const transportFaults: readonly TransportFault[] = [...roomFaults, ...requestFaults, ...endingFaults]

/** The tests of the transport suite over lines of JSON, broken or sound. */
export const transportTests = (fault: TransportFault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  const wrap = fault?.wrap() ?? ((subject: TransportSubject) => subject)
  transportConformance({ name: 'lines', runner, open: async () => wrap(await lineSubject()) })
  return tests
}
