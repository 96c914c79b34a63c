import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { allowAll, createSightline, defineProbe, type Sightline } from '@sightline/core'
import { dashboardFolder } from '@sightline/dashboard'
import { serve, type Web } from '@sightline/server-socketio'
import express from 'express'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchBrowser, openPage } from './support/browser.ts'
import { buildPage } from './support/built-page.ts'
import { eventually } from './support/eventually.ts'

vi.setConfig({ testTimeout: 120_000 })

let browser: Browser
let sightline: Sightline
let alone: Web
let mounted: Server
let proxy: Server
/** Where the dashboard is, by how it is reached. */
let places: Readonly<Record<string, string>>

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Takes `/live` off, as a reverse proxy does, sockets included. */
const prefixProxy = (target: URL): Server => {
  const pathOf = (url = '') => url.replace(/^\/live(?=\/|$)/, '') || '/'
  const server = createServer((from, to) => {
    const { method = 'GET', headers } = from
    from.pipe(
      request(new URL(pathOf(from.url), target), { method, headers }, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(to)
      }).on('error', () => to.destroy()),
    )
  })
  server.on('upgrade', (from, socket, head) => {
    const outer = connect(Number(target.port), target.hostname, () => {
      const lines = from.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : []))
      outer.write(`GET ${pathOf(from.url)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      outer.write(head)
      outer.pipe(socket).pipe(outer)
    })
    outer.on('error', () => socket.destroy())
    socket.on('error', () => outer.destroy())
  })
  return server
}

beforeAll(async () => {
  await buildPage()
  browser = await launchBrowser()
  const probe = defineProbe({ name: 'orders', collect: () => ({ status: 'up' }) })
  sightline = createSightline({
    access: allowAll(),
    apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { probe } } } },
    services: { shop: { title: 'Shop' } },
  })
  alone = serve(sightline, { static: dashboardFolder })
  const { url } = await alone.listen({ port: 0 })
  const app = express()
  const web = serve(sightline, { path: '/ops', static: dashboardFolder })
  app.use(web.handler)
  mounted = createServer(app)
  web.attach(mounted)
  proxy = prefixProxy(new URL(url))
  await sightline.start()
  places = {
    alone: url.replace(/\/$/, ''),
    'below a mount': `http://127.0.0.1:${await listen(mounted)}/ops`,
    'behind a proxy that takes a prefix off': `http://127.0.0.1:${await listen(proxy)}/live`,
  }
}, 240_000)
afterAll(async () => {
  await browser.close()
  await alone.close()
  await sightline.stop()
  for (const server of [mounted, proxy]) {
    server.closeAllConnections()
    server.close()
  }
})

/** What a page at an address asks for before its script runs: the chunk of that page. */
const chunks = {
  '/regions/orders/us-east': 'region-page',
  '/pollers': 'pollers-page',
  '/services': 'services-page',
  '/services?sort=name': 'services-page',
  '/services/shop': 'service-page',
  '/incidents': 'incidents-page',
  '/incidents/nothing': 'incident-page',
  '/logs': 'logs-page',
  '/alerts': 'alerts-page',
} as const

const startedAt = async (url: string) => {
  const { page, complaints, close } = await openPage(browser)
  page.setDefaultTimeout(45_000)
  const asked: string[] = []
  page.on('request', (each) => asked.push(each.url()))
  await page.goto(url)
  await page.locator('[data-reach="live"]').waitFor()
  // The page's own script writes whole addresses; what is relative was there before it.
  const started = await page.evaluate(() =>
    [...document.querySelectorAll('head > link[rel="modulepreload"][href^="assets/"]')].map((link) => link.getAttribute('href')),
  )
  // Chrome complains of what was asked for early and not used, some seconds after the page has loaded.
  await page.waitForTimeout(5_000)
  await close()
  return { started, asked, complaints }
}

const expectHeadStarts = async (place: string, paths: readonly (keyof typeof chunks)[]) => {
  const root = places[place]
  await Promise.all(
    paths.map(async (path) => {
      const { started, asked, complaints } = await startedAt(root + path)
      const own = asked.filter((url) => /assets|topics/.test(url))
      expect([path, started.filter((href) => href?.startsWith(`assets/${chunks[path]}-`) === true).length]).toEqual([path, 1])
      for (const href of [...started, 'api/v1/topics/services', 'api/v1/topics/regions'])
        expect([path, own.filter((url) => url === `${root}/${href}`)]).toEqual([path, [`${root}/${href}`]])
      expect([path, own.filter((url, i) => own.indexOf(url) !== i), complaints]).toEqual([path, [], []])
    }),
  )
}

it('the script of each page and its lists are asked for at once, and once', () =>
  expectHeadStarts('alone', Object.keys(chunks) as (keyof typeof chunks)[]))

it.each(['below a mount', 'behind a proxy that takes a prefix off'])('%s too', (place) =>
  expectHeadStarts(place, ['/regions/orders/us-east', '/services']),
)

it('where there is nothing more to the page, nothing more is asked for', async () => {
  await Promise.all(
    ['/', '/nowhere/at/all', '/servicesx'].map(async (path) => {
      const { started, complaints } = await startedAt(`${places.alone}${path}`)
      expect([path, started, complaints]).toEqual([path, [], []])
    }),
  )
})

it('what was asked for early is what the page shows: one answer each, from the server that is there', async () => {
  const { page, close } = await openPage(browser)
  await page.goto(`${places.alone}/services`)
  await eventually(() => page.locator('[data-service="shop"]').count()).toBe(1)
  const types = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.includes('/api/v1/topics/'))
      .map((entry) => (entry as PerformanceResourceTiming).initiatorType),
  )
  expect(types).toEqual(['link', 'link'])
  await close()
})
