import { createServer } from 'node:http'
import express from 'express'
import { Server as SocketServer } from 'socket.io'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { serve } from '../../src/index.ts'
import { close, listen, startSightline } from '../support/started.ts'

test('a hundred times attached and closed, the host has the listeners it had, and works', async () => {
  await using started = await startSightline()
  const app = express()
  const server = createServer(app)
  const hostSockets = new SocketServer(server)
  hostSockets.on('connection', (socket) => socket.on('ping-host', (answer: (text: string) => void) => answer('host')))
  app.get('/own', (_request, response) => void response.send('own'))
  let handler: ReturnType<typeof serve>['handler'] = (_request, _response, next) => next?.()
  app.use((request, response, next) => handler(request, response, next))
  const url = await listen(server)

  const events = ['upgrade', 'request', 'close', 'connection', 'listening', 'error', 'clientError']
  const counts = () => [
    ...events.map((event) => server.listenerCount(event)),
    process.listenerCount('exit'),
    process.listenerCount('SIGTERM'),
  ]
  const before = counts()
  const warnings: string[] = []
  const note = (warning: Error): void => void warnings.push(warning.message)
  process.on('warning', note)

  const cycle = async (round: number): Promise<void> => {
    const web = serve(started.sightline, { path: '/sightline' })
    handler = web.handler
    web.attach(server)
    if (round % 10 === 0) {
      const socket = io(url, {
        path: '/sightline/socket.io',
        transports: [round % 20 === 0 ? 'polling' : 'websocket'],
        reconnection: false,
        forceNew: true,
      })
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve)
        socket.once('connect_error', reject)
      })
      expect(await socket.emitWithAck('metrics:get', {})).toEqual({ ok: true })
      expect((await fetch(`${url}/sightline/health`)).status).toBe(200)
      if (round % 30 === 0) socket.disconnect()
    }
    await web.close({ drainMs: 1_000 })
  }
  for (let round = 0; round < 100; round++) await cycle(round)

  expect(counts()).toEqual(before)
  expect(warnings).toEqual([])
  expect(started.sightline.sessions.count).toBe(0)
  expect(started.sightline.info().adapters.transports).toEqual([])
  expect(await (await fetch(`${url}/own`)).text()).toBe('own')
  const theirs = io(url, { transports: ['websocket'], reconnection: false, forceNew: true })
  expect(await theirs.emitWithAck('ping-host')).toBe('host')
  theirs.disconnect()
  process.off('warning', note)
  await hostSockets.close()
  await close(server).catch(() => {})
})
