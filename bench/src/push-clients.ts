/** Runs as a process of its own: clients of a push server. Over IPC: `collect` answers with the delays seen since last asked, in ms. */
import { io } from 'socket.io-client'

const [port, clients] = process.argv.slice(2).map(Number)
let delays: number[] = []

const connect = (): Promise<void> =>
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
      delays.push(performance.timeOrigin + performance.now() - frame.data.data.madeAt)
    })
  })

const total = clients ?? 0
for (let done = 0; done < total; done += 50) await Promise.all(Array.from({ length: Math.min(50, total - done) }, connect))
process.on('message', () => {
  process.send?.({ delays })
  delays = []
})
process.send?.({ ready: true })
process.once('disconnect', () => process.exit())
