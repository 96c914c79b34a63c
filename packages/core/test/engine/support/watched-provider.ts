import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What several processes check, and where they tell of it; whoever asks names itself (`?by=`). */
export const startWatchedProvider = async () => {
  const checks: { readonly service: string; readonly by: number; readonly at: number }[] = []
  const told: { readonly status: string; readonly key: string; readonly by: number; readonly at: number }[] = []
  let isDown = false
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://provider')
    if (pathname === '/told') {
      let body = ''
      for await (const chunk of request) body += chunk
      told.push({ ...JSON.parse(body), at: performance.now() })
      response.end()
      return
    }
    checks.push({ service: pathname.slice(1), by: Number(searchParams.get('by')), at: performance.now() })
    response.statusCode = isDown ? 503 : 200
    response.end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    checks,
    told,
    turn: (to: 'up' | 'down') => {
      isDown = to === 'down'
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What a process that checks answers when it is asked how things stand. */
export const askState = async <T>(child: ChildProcess): Promise<T> => {
  const answered = once(child, 'message')
  child.send('state')
  return (await answered)[0] as T
}
