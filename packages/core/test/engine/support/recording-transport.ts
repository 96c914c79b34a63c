import type { Gateway, SubscribeRequest, Transport, Variant } from '../../../src/ports/transport.ts'
import type { Frame } from '../../../src/protocol/frame.ts'

export interface Received {
  readonly sessionId: string
  readonly room: string | null
  readonly frame: Frame
}

/** A transport whose clients are lists: what each session was sent, in order. */
export interface RecordingTransport extends Transport {
  readonly gateway: Gateway
  readonly received: readonly Received[]
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>
  readonly cut: readonly string[]
  /** Opens a session; answers its id. */
  connect(): Promise<string>
  subscribe(sessionId: string, api: string, region: string, more?: Partial<SubscribeRequest>): ReturnType<Gateway['subscribe']>
  framesOf(sessionId: string): readonly Frame[]
  clear(): void
}

export const recordingTransport = (): RecordingTransport => {
  let gateway: Gateway | null = null
  const received: Received[] = []
  const rooms = new Map<string, Set<string>>()
  const cut: string[] = []

  const opened = (): Gateway => {
    if (gateway === null) throw new Error('The transport is not attached.')
    return gateway
  }

  return {
    name: 'recording',
    get gateway() {
      return opened()
    },
    received,
    rooms,
    cut,
    open: async (to) => {
      gateway = to
    },
    join: (sessionId, room) => {
      rooms.set(room, (rooms.get(room) ?? new Set()).add(sessionId))
    },
    leave: (sessionId, room) => {
      rooms.get(room)?.delete(sessionId)
    },
    broadcast: (room, frame) => {
      for (const sessionId of rooms.get(room) ?? []) received.push({ sessionId, room, frame })
    },
    send: (sessionId, frame, _variant: Variant) => void received.push({ sessionId, room: null, frame }),
    disconnect: (sessionId) => {
      cut.push(sessionId)
      opened().disconnect(sessionId)
    },
    close: async () => {},
    connect: async () => (await opened().connect({ headers: {}, auth: null, address: 'test' })).sessionId,
    subscribe: (sessionId, api, region, more = {}) =>
      opened().subscribe(sessionId, { topic: 'metrics', params: { api, region }, ...more }),
    framesOf: (sessionId) => received.filter((entry) => entry.sessionId === sessionId).map(({ frame }) => frame),
    clear: () => {
      received.length = 0
    },
  }
}
