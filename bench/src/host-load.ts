import { Agent, request } from 'node:http'

/** What is asked of a host: `plain` answers at once and keeps nothing, `shop` reads a body, waits for a database and keeps sessions. */
export type HostKind = 'plain' | 'shop'

const USERS = 1_500
const EVERY_MS = 10

const ask = { plain: { method: 'GET', path: () => '/' }, shop: { method: 'POST', path: (user: number) => `/carts/user-${user}` } }

export interface HostLoad {
  /** From now on so many a second; a whole number of hundreds. */
  ask(perSecond: number): void
  stop(): void
}

/** Asks a host on loopback; what it answers is read and let go. */
export const startHostLoad = (port: number, kind: HostKind): HostLoad => {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  const { method, path } = ask[kind]
  let timer: ReturnType<typeof setInterval> | undefined
  let count = 0
  const askOnce = (): void => {
    count++
    const body = JSON.stringify({ items: [{ id: count, name: `item ${count}`, price: count * 1.5, count: 2 }] })
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const sent = request({
      port,
      host: '127.0.0.1',
      agent,
      method,
      path: path(count % USERS),
      headers: kind === 'shop' ? headers : {},
    })
    sent.on('response', (response) => response.resume()).on('error', () => {})
    sent.end(kind === 'shop' ? body : undefined)
  }
  return {
    ask: (perSecond) => {
      clearInterval(timer)
      timer = setInterval(() => {
        for (let each = 0; each < (perSecond * EVERY_MS) / 1_000; each++) askOnce()
      }, EVERY_MS)
    },
    stop: () => {
      clearInterval(timer)
      agent.destroy()
    },
  }
}
