import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex, Readable } from 'node:stream'

type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

export interface FetchFrom {
  /** The client's address, where the host knows it; limits are kept by it. Default unknown. */
  readonly address?: string
}

interface Head {
  readonly status: number
  readonly headers: Headers
}

/** Statuses whose response may have no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([101, 204, 205, 304])
/** Of one connection only; the host's own server decides about its own. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding'])
const HEAD_END = Buffer.from('\r\n\r\n')

const parseHead = (text: string): Head => {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (!HOP_BY_HOP.has(name)) headers.append(name, line.slice(colon + 1).trim())
  }
  return { status: Number(statusLine.split(' ')[1]), headers }
}

/** Stands where the network socket would: what is written to it is told as the response's head and pieces of its body. */
const createSocket = ({
  address,
  isEncrypted,
  onHead,
  onBody,
}: {
  readonly address: string
  readonly isEncrypted: boolean
  onHead(head: Head): void
  onBody(piece: Buffer): void
}): Socket => {
  let head: Buffer | null = Buffer.alloc(0)
  const socket = new Duplex({
    read: () => {},
    write: (piece: Buffer, _encoding, done) => {
      if (head === null) onBody(piece)
      else {
        head = Buffer.concat([head, piece])
        const end = head.indexOf(HEAD_END)
        if (end >= 0) {
          const rest = head.subarray(end + HEAD_END.length)
          onHead(parseHead(head.toString('latin1', 0, end)))
          head = null
          if (rest.length > 0) onBody(rest)
        }
      }
      done()
    },
  })
  return Object.assign(socket, { remoteAddress: address, encrypted: isEncrypted, setTimeout: () => socket }) as unknown as Socket
}

const toIncoming = (request: Request, socket: Socket): IncomingMessage => {
  const { pathname, search, host } = new URL(request.url)
  const headers: Record<string, string> = { host, ...Object.fromEntries(request.headers) }
  // A Fetch request need not know its length, and only this tells readers that a body is there.
  if (request.body !== null && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked'
  const incoming = new IncomingMessage(socket)
  return Object.assign(incoming, {
    method: request.method,
    url: `${pathname}${search}`,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers,
    rawHeaders: Object.entries(headers).flat(),
  })
}

const pour = async (request: Request, incoming: IncomingMessage): Promise<void> => {
  if (request.body !== null) {
    for await (const chunk of Readable.fromWeb(request.body as Parameters<typeof Readable.fromWeb>[0])) incoming.push(chunk)
  }
  incoming.complete = true
  incoming.push(null)
}

/** A Node.js handler as a Fetch handler, for hosts such as Hono. */
export const fetchBridge =
  (handle: NodeHandler) =>
  (request: Request, { address = '' }: FetchFrom = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      let body: ReadableStreamDefaultController<Uint8Array> | null = null
      const socket = createSocket({
        address,
        isEncrypted: request.url.startsWith('https:'),
        onHead: ({ status, headers }) => {
          const isBodiless = request.method === 'HEAD' || BODILESS.has(status)
          const stream = new ReadableStream<Uint8Array>({
            start: (controller) => {
              body = controller
            },
            cancel: () => end(),
          })
          resolve(new Response(isBodiless ? null : stream, { status, headers }))
        },
        onBody: (piece) => body?.enqueue(piece),
      })
      const incoming = toIncoming(request, socket)
      const response = new ServerResponse(incoming)
      // The end of the response ends its body, so that what is written after the head is the body as it is.
      response.useChunkedEncodingByDefault = false
      response.shouldKeepAlive = false
      response.sendDate = false
      response.assignSocket(socket)

      const end = (): void => {
        request.signal.removeEventListener('abort', abort)
        incoming.destroy()
        response.emit('close')
      }
      const abort = (): void => {
        reject(request.signal.reason)
        body?.error(request.signal.reason)
        end()
      }
      request.signal.addEventListener('abort', abort, { once: true })
      response.once('finish', () => {
        body?.close()
        end()
      })
      handle(incoming, response)
      pour(request, incoming).catch((error: unknown) => incoming.destroy(error as Error))
    })
