import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import { beforeAll, expect, test } from 'vitest'
import { freePort } from '../../../packages/adapter-sql/test/free-port.ts'
import { buildPage } from '../../../packages/dashboard/test/support/built-page.ts'

beforeAll(async () => {
  await buildPage()
}, 240_000)

test('the host and Sightline in one process: both their routes, both their sockets, and a clean end', async () => {
  const port = await freePort()
  const child = spawn(process.execPath, ['--conditions=@sightline/source', join(import.meta.dirname, '..', 'main.ts')], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += String(chunk)
  })
  const exited = once(child, 'exit')
  try {
    await Promise.race([once(child.stdout, 'data'), exited.then(() => Promise.reject(new Error(complaints)))])
    const url = `http://127.0.0.1:${port}`
    expect(await (await fetch(url)).text()).toContain('own page')
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    const page = await fetch(`${url}/sightline`, { headers: { Accept: 'text/html' } })
    expect(await page.text()).toContain('<base href="/sightline/" />')
    expect(await (await fetch(`${url}/sightline/health`)).json()).toMatchObject({ status: 'healthy' })

    const chat = io(url, { reconnection: false, forceNew: true })
    const heard = new Promise((resolve) => chat.once('chat', resolve))
    chat.emit('chat', 'hello')
    expect(await heard).toBe('hello')

    const socket = io(url, { path: '/sightline/socket.io', reconnection: false, forceNew: true })
    expect(await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
    const update = new Promise<{ data: { open: number } }>((resolve) => {
      socket.on('metrics-update', (news: { data: { open: number } }) => news.data.open === 4 && resolve(news))
    })
    expect((await fetch(`${url}/orders`, { method: 'POST' })).status).toBe(201)
    expect(await update).toMatchObject({ api: 'orders', source: 'us-east', data: { open: 4 } })
    socket.disconnect()
    chat.disconnect()

    child.kill('SIGTERM')
    expect((await exited)[0]).toBe(0)
    // The host of an example says that access is open, and nothing else.
    expect(complaints.split('\n').filter((line) => line !== '' && !line.includes('Access is open'))).toEqual([])
  } finally {
    child.kill('SIGKILL')
  }
})
