import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PlaceBehaviour, Received } from './subject.ts'

/** A server on the loopback that takes messages over HTTP, or misbehaves. */
export interface HttpPlace {
  /** Ends in `/hook/s3cret-path`. */
  readonly url: string
  received(): Promise<readonly (Received & { readonly headers: IncomingMessage['headers']; readonly body: string })[]>
  behave(behaviour: PlaceBehaviour): Promise<void>
  floodedBytes(): number
  dispose(): Promise<void>
}

/** All that HTTP can be brought to do. */
export const HTTP_BEHAVIOURS: readonly PlaceBehaviour[] = [
  'takes',
  'fails',
  'refuses',
  'asks-to-wait',
  'hangs',
  'breaks',
  'floods',
]

const FLOOD_BYTES = 10_485_760
const CHUNK = Buffer.alloc(65_536, 'x')

/** Opens a place; `answer` is what it says to what it takes. */
export const openHttpPlace = async ({ answer = '{"id":"1"}' }: { readonly answer?: string } = {}): Promise<HttpPlace> => {
  const received: (Received & { headers: IncomingMessage['headers']; body: string })[] = []
  let behaviour: PlaceBehaviour = 'takes'
  let flooded = 0

  const take = (request: IncomingMessage, body: string): void => {
    const header = request.headers['idempotency-key']
    received.push({
      key: typeof header === 'string' ? header : null,
      raw: `${request.method} ${request.url}\n${JSON.stringify(request.headers)}\n${body}`,
      headers: request.headers,
      body,
    })
  }

  const flood = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const more = (): void => {
      while (flooded < FLOOD_BYTES && !response.destroyed) {
        flooded += CHUNK.length
        if (!response.write(CHUNK)) {
          response.once('drain', more)
          return
        }
      }
      response.end()
    }
    more()
  }

  const respond = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    // What it says of its own may name what it was sent.
    const echo = `no: ${request.url} ${JSON.stringify(request.headers)}`
    switch (behaviour) {
      case 'takes':
        take(request, body)
        response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
        return
      case 'fails':
        response.writeHead(503).end(echo)
        return
      case 'refuses':
        response.writeHead(403).end(echo)
        return
      case 'asks-to-wait':
        response.writeHead(429, { 'retry-after': '7' }).end(echo)
        return
      case 'breaks':
        request.socket.destroy()
        return
      case 'floods':
        take(request, body)
        flood(response)
        return
      case 'hangs':
        return
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => respond(request, response, Buffer.concat(chunks).toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/hook/s3cret-path`,
    received: async () => received,
    behave: async (next) => {
      behaviour = next
    },
    floodedBytes: () => flooded,
    dispose: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
