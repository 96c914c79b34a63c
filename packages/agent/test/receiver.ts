import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** What was sent to a path, decompressed. */
export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** A server in Sightline's place, whose answers a test decides. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly received: readonly Received[]
  /** Log entries so far, in the order they came. */
  lines(): readonly Record<string, unknown>[]
  reports(): readonly { readonly values: Readonly<Record<string, number>>; readonly [name: string]: unknown }[]
  /** `hang` answers nothing. */
  answers(status: number | 'hang', headers?: Readonly<Record<string, string>>): void
}

export const startReceiver = async (): Promise<Receiver> => {
  const received: Received[] = []
  let answer: { status: number | 'hang'; headers: Readonly<Record<string, string>> } = { status: 200, headers: {} }
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      if (answer.status === 'hang') return
      const body = Buffer.concat(pieces)
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8')
      if (answer.status < 300) received.push({ path: request.url ?? '', headers: request.headers, text })
      response.writeHead(answer.status, answer.headers).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    lines: () =>
      received
        .filter(({ path }) => path.endsWith('/logs'))
        .flatMap(({ text }) => text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)),
    reports: () => received.filter(({ path }) => path.endsWith('/services.report')).map(({ text }) => JSON.parse(text)),
    answers: (status, headers = {}) => {
      answer = { status, headers }
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
