import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const ROUNDS = 20

interface Post {
  readonly key: string
  readonly status: string
  readonly title: string
}

/** Takes most posts; some it takes without saying so, some it refuses for now, some it takes late. */
const openReceiver = async (): Promise<{ readonly url: string; readonly posts: readonly Post[] }> => {
  const posts: Post[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const luck = Math.random()
    if (luck < 0.1) {
      response.writeHead(503).end()
      return
    }
    const { id, notification } = JSON.parse(Buffer.concat(chunks).toString())
    posts.push({ key: id, status: notification.status, title: notification.title })
    if (luck < 0.2) request.socket.destroy()
    else setTimeout(() => response.end('{}'), luck < 0.5 ? 20 : 0)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, posts }
}

const start = (folder: string, url: string, mode: 'work' | 'finish', decided: Set<string>): ChildProcess => {
  const script = fileURLToPath(new URL('processes/alerting-process.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--conditions=@sightline/source', '--disable-warning=ExperimentalWarning', script, folder, url, mode],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Each process is the same code: it is compiled once.
      env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'compiled') },
    },
  )
  child.on('message', (id) => decided.add(String(id)))
  return child
}

/** Before this the process is still starting. */
const began = async (child: ChildProcess): Promise<void> => {
  await once(child, 'message', { signal: AbortSignal.timeout(30_000) })
}

test(`kill -9 at ${ROUNDS} random points: nothing that was decided stays untold, and a repeat has the same key`, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sightline-kill-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { url, posts } = await openReceiver()
  const decided = new Set<string>()

  for (let round = 0; round < ROUNDS; round++) {
    const child = start(folder, url, 'work', decided)
    const gone = once(child, 'exit')
    await began(child)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 500))
    child.kill('SIGKILL')
    await gone
  }
  const last = start(folder, url, 'finish', decided)
  const [code] = await once(last, 'exit', { signal: AbortSignal.timeout(60_000) })
  expect(code).toBe(0)

  const opened = [...decided].filter((id) => id.endsWith(' 1')).map((id) => id.slice(0, -2))
  expect(opened.length).toBeGreaterThan(ROUNDS)
  const byTitle = Map.groupBy(posts, ({ title }) => title)
  for (const id of opened) {
    const told = byTitle.get(`${id} is down`) ?? []
    const keysOf = (status: string) => new Set(told.filter((post) => post.status === status).map(({ key }) => key))
    expect([keysOf('firing').size, keysOf('resolved').size], `${id}: ${JSON.stringify(told)}`).toEqual([1, 1])
    expect(told[0]?.status, id).toBe('firing')
    expect(told.findIndex(({ status }) => status === 'resolved')).toBeGreaterThan(0)
  }
}, 240_000)
