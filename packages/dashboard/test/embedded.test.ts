import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allowAll, createSightline, defineProbe, type Sightline } from '@sightline/core'
import { dashboardFolder } from '@sightline/dashboard'
import { serve } from '@sightline/server-socketio'
import express from 'express'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchBrowser, openPage } from './support/browser.ts'
import { buildPage } from './support/built-page.ts'
import { eventually } from './support/eventually.ts'

vi.setConfig({ testTimeout: 120_000 })

let browser: Browser
let sightline: Sightline
let host: Server
let origin: string
let open = 0

beforeAll(async () => {
  await buildPage()
  browser = await launchBrowser()
  const probe = defineProbe({ name: 'orders', collect: () => ({ status: 'up', metrics: { open: ++open } }) })
  sightline = createSightline({
    access: allowAll(),
    apis: { orders: { intervalMs: 500, regions: { 'us-east': { probe, label: 'US East' }, 'eu-west': { probe } } } },
  })
  const app = express()
  host = createServer(app)
  app.get('/', (_request, response) => void response.send('The host’s own page.'))
  const web = serve(sightline, { path: '/sightline', static: dashboardFolder })
  app.use(web.handler)
  web.attach(host)
  await sightline.start()
  host.listen(0, '127.0.0.1')
  await once(host, 'listening')
  origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
}, 240_000)

afterAll(async () => {
  await browser.close()
  await sightline.stop()
  host.closeAllConnections()
  host.close()
})

it.each(['/sightline', '/sightline/'])(
  'lives below the path of an Express host, all its pages and sockets: %s',
  async (entry) => {
    const { page, complaints, close } = await openPage(browser)
    page.setDefaultTimeout(45_000)
    const asked = new Set<string>()
    page.on('request', (request) => asked.add(request.url()))
    page.on('websocket', (socket) => asked.add(socket.url().replace(/^ws/, 'http')))

    await page.goto(origin + entry)
    await page.locator('[data-reach="live"]').waitFor()
    const card = page.locator('article[data-region="us-east"]')
    await eventually(() => card.getAttribute('data-state')).toBe('up')
    await page.getByRole('button', { name: 'Open access' }).waitFor()

    await card.getByRole('link').click()
    await page.waitForURL(`${origin}/sightline/regions/orders/us-east`)
    await page.getByRole('tree', { name: 'Latest document' }).waitFor()
    await eventually(() => page.getByRole('link', { name: 'Regions' }).first().getAttribute('aria-current')).toBe('page')
    await page.reload()
    await page.getByRole('tree', { name: 'Latest document' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    expect(page.url()).toBe(`${origin}/sightline/regions/orders/us-east`)

    await page.getByRole('link', { name: 'Pollers' }).click()
    await page.waitForURL(`${origin}/sightline/pollers`)
    await eventually(() => page.getByRole('row').filter({ hasText: 'eu-west' }).count()).toBe(1)
    await page.goto(`${origin}/sightline/nowhere/at/all`)
    await page.getByText('There is no such page').waitFor()

    const outside = [...asked].filter((url) => !url.startsWith(`${origin}/sightline`))
    expect(outside).toEqual([])
    expect([...asked].some((url) => url.startsWith(`${origin}/sightline/socket.io/`))).toBe(true)
    expect(complaints).toEqual([])
    expect(await (await fetch(origin)).text()).toBe('The host’s own page.')
    await close()
  },
)

it('asks for nothing by an absolute path but its base', async () => {
  const html = await (await fetch(`${origin}/sightline/`, { headers: { Accept: 'text/html' } })).text()
  expect(html).toContain('<base href="/sightline/" />')
  expect(html).not.toMatch(/<script>|<style|(src|href)="\/(?!sightline\/)/)
})
