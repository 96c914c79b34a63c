import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A real HTTP server whose JSON a test decides; `undefined` is no JSON. */
export interface Provider extends AsyncDisposable {
  readonly url: string
  /** What it answers from now on. */
  returns(document: unknown): void
}

export const startProvider = async (first: unknown): Promise<Provider> => {
  const toBody = (document: unknown): string => JSON.stringify(document) ?? '<html>'
  let body = toBody(first)
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/status`,
    returns: (document) => {
      body = toBody(document)
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
