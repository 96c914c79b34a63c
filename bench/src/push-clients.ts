/**
 * Runs as a process of its own: clients of a push server. Over IPC: `collect` answers with what each client saw since last asked: when it was
 * made, and how late it came, in ms.
 */
import { io } from 'socket.io-client'

const [port, clients] = process.argv.slice(2).map(Number)
interface Seen {
  readonly madeAt: number
  readonly delay: number
}

/** A list for each client. */
let seen: Seen[][] = Array.from({ length: clients ?? 0 }, () => [])

const connect = (client: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, reconnection: false })
    socket.on('connect_error', reject)
    socket.on('connect', () => {
      socket.emit(
        'subscribe',
        { topic: 'metrics', params: { api: 'bench', region: 'here' } },
        ({ ok, error }: { ok: boolean; error?: unknown }) => (ok ? resolve() : reject(new Error(JSON.stringify(error)))),
      )
    })
    socket.on('update', (frame: { readonly data: { readonly data: { readonly madeAt: number } } }) => {
      const { madeAt } = frame.data.data
      seen[client]?.push({ madeAt, delay: performance.timeOrigin + performance.now() - madeAt })
    })
  })

const total = clients ?? 0
for (let done = 0; done < total; done += 50)
  await Promise.all(Array.from({ length: Math.min(50, total - done) }, (_, index) => connect(done + index)))
process.on('message', () => {
  process.send?.({ seen })
  seen = seen.map(() => [])
})
process.send?.({ ready: true })
process.once('disconnect', () => process.exit())
