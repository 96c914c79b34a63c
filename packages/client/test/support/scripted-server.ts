import {
  type ClientMessages,
  type ClientTransport,
  type ClientTransportEvents,
  type Frame,
  SightlineError,
  type SubscribeAck,
} from '@sightline/core/protocol'

type Subscribe = ClientMessages['subscribe']['payload']
type Call = ClientMessages['call']['payload']

/** A server that does what a test says, and the transports that lead to it. */
export interface ScriptedServer {
  /** A new connection; opened, it connects unless the server is down. */
  transport(): ClientTransport
  /** Every message received, in order. */
  readonly received: readonly { readonly message: keyof ClientMessages; readonly payload: unknown }[]
  /** Of these, the payloads of one kind. */
  of<M extends keyof ClientMessages>(message: M): readonly ClientMessages[M]['payload'][]
  /** How often a transport was opened, and how many are open. */
  readonly opened: number
  readonly open: number
  /** From now on. Default: everything is pending. */
  onSubscribe(answer: (payload: Subscribe) => SubscribeAck | Promise<SubscribeAck>): void
  /** From now on. Default: the input. */
  onCall(answer: (payload: Call, signal?: AbortSignal) => unknown): void
  /** To every connected client. */
  send(frame: Frame): void
  /** Connections break; with `down`, none is opened until `up`. Requests under way are lost. */
  down(): void
  up(): void
  /** Breaks connections, which come back by themselves soon. */
  cut(): void
  /** Refuses from now on (null: lets in again); connections break. */
  refuse(error: unknown): void
}

interface Line {
  readonly on: ClientTransportEvents
  isConnected: boolean
  readonly lost: Set<(error: SightlineError) => void>
}

/** Long enough for whatever is under way in promises. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

export const scriptedServer = (): ScriptedServer => {
  const received: { message: keyof ClientMessages; payload: unknown }[] = []
  const lines = new Set<Line>()
  let opened = 0
  let isUp = true
  let refusal: unknown = null
  let answerSubscribe: (payload: Subscribe) => SubscribeAck | Promise<SubscribeAck> = ({ topic }) => ({ topic, pending: true })
  let answerCall: (payload: Call, signal?: AbortSignal) => unknown = ({ input }) => input

  const connect = (line: Line) =>
    queueMicrotask(() => {
      if (!lines.has(line) || line.isConnected) return
      if (refusal !== null) {
        line.on.refused(refusal)
        line.on.disconnected('refused', false)
      } else if (isUp) {
        line.isConnected = true
        line.on.connected()
      } else line.on.disconnected('server is down', true)
    })

  const cut = () => {
    for (const line of lines) {
      if (!line.isConnected) continue
      line.isConnected = false
      line.on.disconnected('connection cut', true)
      for (const lose of line.lost) lose(new SightlineError('UNAVAILABLE', 'The connection was lost.'))
      line.lost.clear()
      connect(line)
    }
  }

  const answer = async (message: keyof ClientMessages, payload: unknown, signal?: AbortSignal): Promise<unknown> => {
    received.push({ message, payload: structuredClone(payload) })
    if (message === 'unsubscribe') return undefined
    return message === 'call' ? answerCall(payload as Call, signal) : answerSubscribe(payload as Subscribe)
  }

  return {
    received,
    of: (message) => received.filter((each) => each.message === message).map(({ payload }) => payload as never),
    get opened() {
      return opened
    },
    get open() {
      return lines.size
    },
    onSubscribe: (next) => {
      answerSubscribe = next
    },
    onCall: (next) => {
      answerCall = next
    },
    send: (frame) => {
      for (const line of [...lines]) if (line.isConnected) line.on.frame(structuredClone(frame))
    },
    down: () => {
      isUp = false
      cut()
    },
    up: () => {
      isUp = true
      for (const line of lines) connect(line)
    },
    cut,
    refuse: (error) => {
      refusal = error
      cut()
    },
    transport: () => {
      let line: Line | null = null
      return {
        open: (on) => {
          opened++
          line = { on, isConnected: false, lost: new Set() }
          lines.add(line)
          connect(line)
        },
        request: (message, payload, { signal } = {}) =>
          new Promise((resolve, reject) => {
            const own = line
            if (!own?.isConnected) return reject(new SightlineError('UNAVAILABLE', 'Not connected.'))
            signal?.addEventListener('abort', () => reject(new SightlineError('ABORTED', 'The caller gave up.')))
            own.lost.add(reject)
            answer(message, payload, signal)
              .then(resolve as (value: unknown) => void, reject)
              .finally(() => own.lost.delete(reject))
          }),
        close: () => {
          if (line) lines.delete(line)
          line = null
        },
      }
    },
  }
}
