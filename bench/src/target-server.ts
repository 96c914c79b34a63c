/** Runs as a process of its own: an HTTP server whose document differs at every answer. Tells its port over IPC, ends with its parent. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let count = 0
const filler = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`metric${index}`, index * 1.5]))
const unchanging = JSON.stringify({ filler })

const server = createServer((request, response) => {
  const body = request.url === '/same' ? unchanging : JSON.stringify({ count: count++, filler })
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.once('disconnect', () => process.exit())
