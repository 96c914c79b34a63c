import { connect, createServer, type Socket } from 'node:net'

/** A line between a client and a server that a test can cut, and lead elsewhere. */
export interface TcpProxy {
  readonly port: number
  /** Where new connections lead; null: nowhere, they are refused. */
  target: number | null
  /** Destroys every connection, without a farewell. Returns how many there were. */
  cut(): number
  /** Destroys every connection once `bytes` more have gone to the client: in the middle of whatever is being sent. */
  cutAfter(bytes: number): void
  close(): Promise<void>
}

/** Looks at what a server sends before the client gets it; answers how long to hold it back, in ms. `line.destroy` breaks the connection. */
export type Intercept = (data: Buffer, line: { destroy(): void }) => number

export const tcpProxy = async (target: number | null, intercept: Intercept = () => 0): Promise<TcpProxy> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let left = Number.POSITIVE_INFINITY
  const cut = (): number => {
    const { size } = pairs
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    pairs.clear()
    left = Number.POSITIVE_INFINITY
    return size
  }
  const server = createServer((down) => {
    if (proxy.target === null) return down.destroy()
    const up = connect(proxy.target, '127.0.0.1')
    const pair = [down, up] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    // What is held back is still delivered after its sender has left.
    let sent = Promise.resolve()
    down.on('close', () => {
      pairs.delete(pair)
      up.destroy()
    })
    up.on('close', () => sent.then(() => down.destroySoon()))
    down.pipe(up)
    up.on('data', (data) => {
      const delayMs = intercept(data, down)
      if (delayMs > 0) {
        sent = new Promise((resolve) => setTimeout(() => down.write(data, () => resolve()), delayMs))
        return
      }
      down.write(data.subarray(0, left))
      left -= data.length
      if (left <= 0) cut()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: TcpProxy = {
    port: (server.address() as { port: number }).port,
    target,
    cut,
    cutAfter: (bytes) => {
      left = bytes
    },
    close: () =>
      new Promise((resolve) => {
        cut()
        server.close(() => resolve())
      }),
  }
  return proxy
}
