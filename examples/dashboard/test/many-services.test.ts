import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openPage } from '../../../packages/dashboard/test/support/browser.ts'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { type ConfiguredDashboard, startConfiguredDashboard } from './support/configured-dashboard.ts'

vi.setConfig({ testTimeout: 150_000 })

let dashboard: ConfiguredDashboard

beforeAll(async () => {
  const services = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, i) => {
      const number = String(i).padStart(3, '0')
      // What reports itself: nothing is asked.
      return [`service-${number}`, { title: `Service ${number}`, tags: [i % 2 === 0 ? 'even' : 'odd'] }]
    }),
  )
  dashboard = await startConfiguredDashboard({ services })
}, 240_000)
afterAll(() => dashboard.close())

it('a page of 1,000 services holds only those near the window, reaches the last one, and shows the one that goes down', async () => {
  const { page, complaints, close } = await openPage(dashboard.browser)
  page.setDefaultTimeout(45_000)
  const firstLoad = page.waitForResponse((response) => response.url().endsWith('/api/v1/topics/services'))
  await page.goto(`${dashboard.url}/services`)
  expect(['br', 'gzip']).toContain((await firstLoad).headers()['content-encoding'])
  const table = page.getByRole('table', { name: 'Services' })
  await eventually(() => table.getAttribute('aria-rowcount')).toBe('1001')
  const rows = page.locator('[data-service]')
  await eventually(() => rows.count()).toBeGreaterThan(5)
  expect(await rows.count()).toBeLessThan(80)

  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await eventually(() => page.locator('[data-service="service-999"]').count()).toBe(1)
  expect(await rows.count()).toBeLessThan(80)

  const response = await fetch(`${dashboard.url}/api/v1/services/service-777/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'down', reason: 'the disk is full' }),
  })
  expect(response.status).toBeLessThan(300)
  await page.evaluate(() => window.scrollTo(0, 0))
  await eventually(() => rows.first().getAttribute('data-service')).toBe('service-777')
  await eventually(() => rows.first().getAttribute('data-status')).toBe('down')
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /Services 1\s*down/ })
    .waitFor()

  await page.getByRole('searchbox').fill('service-013 odd')
  await eventually(() => rows.count()).toBe(1)
  expect(complaints).toEqual([])
  await close()
})
