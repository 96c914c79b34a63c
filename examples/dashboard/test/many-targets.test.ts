import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openPage } from '../../../packages/dashboard/test/support/browser.ts'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { type ConfiguredDashboard, startConfiguredDashboard } from './support/configured-dashboard.ts'

vi.setConfig({ testTimeout: 150_000 })

const apis = ['auth', 'billing', 'orders', 'search']
const regionsEach = 250

let provider: Server
let dashboard: ConfiguredDashboard

beforeAll(async () => {
  let answers = 0
  provider = createServer((_request, response) => {
    response.end(JSON.stringify({ answers: ++answers }))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const target = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const regions = (api: string) =>
    Object.fromEntries(
      Array.from({ length: regionsEach }, (_, i) => {
        const name = `zone-${String(i).padStart(3, '0')}`
        return [name, { url: `${target}/${api}/${i}`, label: `${api} ${name}` }]
      }),
    )
  dashboard = await startConfiguredDashboard({
    apis: Object.fromEntries(apis.map((api) => [api, { intervalMs: 20_000, regions: regions(api) }])),
  })
}, 240_000)
afterAll(async () => {
  await dashboard.close()
  await new Promise((resolve) => provider.close(resolve))
})

it('a page of 1,000 regions holds only those near the window, and reaches the last one', async () => {
  const { page, complaints, close } = await openPage(dashboard.browser)
  page.setDefaultTimeout(45_000)
  await page.goto(dashboard.url)
  await eventually(() => page.getByText('of 1,000').count()).toBe(1)
  const cards = page.getByRole('article')
  await eventually(() => cards.count()).toBeGreaterThan(3)
  expect(await cards.count()).toBeLessThan(40)
  expect(await page.getByRole('listitem').filter({ has: cards }).first().getAttribute('aria-setsize')).toBe('1000')

  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await eventually(() => page.getByRole('article', { name: 'search zone-249, search' }).count()).toBe(1)
  expect(await cards.count()).toBeLessThan(40)

  await page.getByRole('searchbox').fill('orders 137')
  await eventually(() => cards.count()).toBe(1)
  await page.getByRole('article', { name: 'orders zone-137, orders' }).getByRole('link').click()
  await page.getByRole('tree', { name: 'Latest document' }).waitFor()
  await page.getByRole('link', { name: 'orders zone-137' }).first().waitFor()

  await page.getByRole('link', { name: 'Pollers' }).click()
  const table = page.getByRole('table', { name: 'Pollers' })
  await table.waitFor()
  expect(await table.getAttribute('aria-rowcount')).toBe('1001')
  expect(await table.getByRole('row').count()).toBeLessThan(80)
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await eventually(() => table.getByRole('rowheader', { name: 'search zone-249 search / zone-249' }).count()).toBe(1)
  expect(complaints).toEqual([])
  await close()
})
