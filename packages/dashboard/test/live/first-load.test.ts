import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Dehydrated } from '@sightline/client'
import { expect, it } from 'vitest'
import { loadFirst } from '../../page/live/first-load.ts'

const loadedFrom = async (answer: RequestListener, patienceMs = 5_000): Promise<Dehydrated['topics']> => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const hydrated: Dehydrated[] = []
  try {
    await loadFirst(
      { hydrate: (from) => void hydrated.push(from) },
      { pathOf: (endpoint) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${endpoint}`, patienceMs },
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
  expect(hydrated).toHaveLength(1)
  return hydrated[0]?.topics ?? []
}

it('what the server answers is what the client starts from', async () => {
  const topics = await loadedFrom((request, response) => {
    const topic = request.url?.split('/').at(-1)
    response.end(JSON.stringify({ kind: 'keyed', topic, reset: true, digest: '0', put: [], drop: [] }))
  })
  expect(topics.map(({ topic, frame }) => [topic, frame.topic])).toEqual([
    ['services', 'services'],
    ['regions', 'regions'],
  ])
})

it('what is refused, broken or late is left to the connection', async () => {
  const refused = await loadedFrom((_request, response) => void response.writeHead(401).end('{}'))
  const broken = await loadedFrom((request, response) =>
    request.url?.endsWith('services') === true ? response.end('<html>') : request.socket.destroy(),
  )
  const late = await loadedFrom(() => {}, 50)
  expect([refused, broken, late]).toEqual([[], [], []])
})
