import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { expect, test, vi } from 'vitest'
import { expressMiddleware, fastifyPlugin, type HostReporter } from '../src/index.ts'

const recording = () => {
  const requests: { ms: number; isError: boolean | undefined }[] = []
  const reporter: HostReporter = {
    observe: () => {},
    countRequest: (ms, isError) => void requests.push({ ms, isError }),
  }
  return { requests, reporter }
}

const failing: HostReporter = {
  observe: () => {
    throw new Error('no')
  },
  countRequest: () => {
    throw new Error('no')
  },
}

const serveExpress = async (reporter: HostReporter) => {
  const app = express()
  app.use(expressMiddleware(reporter))
  app.get('/ok', (_request, response) => void response.set('x-own', '1').send('fine'))
  app.get('/fails', () => {
    throw new Error('host')
  })
  app.use((_error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    response.status(500).send('host failed')
  })
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('Express: every request is counted once, whatever its route, errors apart', async () => {
  const { requests, reporter } = recording()
  const { server, url } = await serveExpress(reporter)
  for (const path of ['/ok', '/ok', '/fails', '/nowhere']) await (await fetch(url + path)).text()
  await vi.waitFor(() => expect(requests).toHaveLength(4))
  expect(requests.map(({ isError }) => isError)).toEqual([false, false, true, false])
  expect(requests.every(({ ms }) => ms >= 0)).toBe(true)
  server.close()
})

test('Express: answers are the same with a reporter that fails', async () => {
  const { server, url } = await serveExpress(failing)
  const response = await fetch(`${url}/ok`)
  expect([response.status, response.headers.get('x-own'), await response.text()]).toEqual([200, '1', 'fine'])
  expect((await fetch(`${url}/fails`)).status).toBe(500)
  server.close()
})

test.each([false, true])('Fastify: every route of the server is counted (failing reporter: %s)', async (isFailing) => {
  const { requests, reporter } = recording()
  const app = fastify()
  await app.register(fastifyPlugin(isFailing ? failing : reporter))
  app.get('/ok', async () => 'fine')
  app.get('/fails', async () => {
    throw new Error('host')
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  expect(await (await fetch(`${url}/ok`)).text()).toBe('fine')
  expect((await fetch(`${url}/fails`)).status).toBe(500)
  if (!isFailing) {
    await vi.waitFor(() => expect(requests).toHaveLength(2))
    expect(requests.map(({ isError }) => isError)).toEqual([false, true])
  }
  await app.close()
})
