import type { Transport } from '@sightline/core/ports'
import { broken, inEndings, inRooms, isGone, type TransportFault, through } from './transport-fault.ts'

const slowOnce = 'a client that does not read is reported as lagging, once, and drained when it has read'
const slowAlone = 'a client that does not read holds nobody else up'
const closeDrains = 'close tells the clients and lets them read what was sent'
const closeCuts = 'close waits for a client that does not read no longer than it is given'
const closeQuick = 'close without clients takes no time'
const closeAgain = 'close may be called again, at once, and before open'
const closed = 'after close nobody is let in, and nothing throws'

/** Ends that are not told, or come at the wrong time. */
export const endingFaults: readonly TransportFault[] = [
  broken('a transport has no name', inEndings('a transport has a name'), () => ({ name: '' })),
  through(
    'nobody hears of a client that leaves',
    [
      ...inEndings('the gateway hears of a client that leaves, once'),
      ...inRooms('a session that is gone, or never was, is ignored'),
    ],
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
