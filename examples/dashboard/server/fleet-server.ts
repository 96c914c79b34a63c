/** One server of the fleet, in a process of its own: `fleet-server.ts <region> <port> [host]` (0: any free one), started by `fleet.ts`. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSampler } from './figures.ts'

const [region = 'nowhere', port = '0', host = '127.0.0.1'] = process.argv.slice(2)
const sampleEveryMs = 2_000
const firstSampleMs = 200

const sampler = createSampler()
await sleep(firstSampleMs)
let figures = sampler.sample()
let sampledAt = new Date()
setInterval(() => {
  figures = sampler.sample()
  sampledAt = new Date()
}, sampleEveryMs)

let served = 0

const server = createServer((request, response) => {
  if (request.url !== '/status') {
    response.writeHead(404).end()
    return
  }
  served++
  const document = { region, ...figures, requests: { served }, generatedAt: sampledAt.toISOString() }
  response.writeHead(200, { 'content-type': 'application/json', 'x-api-version': '1' }).end(JSON.stringify(document))
})

server.listen(Number(port), host, () => process.send?.({ port: (server.address() as AddressInfo).port }))
server.once('error', (error) => {
  process.send?.({ error: error.message })
  process.exitCode = 1
  process.disconnect?.()
})

// The channel closes with the parent, whatever ended it: nobody is left behind. A Ctrl-C reaches the whole process
// group, and the parent decides what ends when.
process.once('disconnect', () => process.exit())
process.on('SIGINT', () => {})
