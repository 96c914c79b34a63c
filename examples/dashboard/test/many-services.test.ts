import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchBrowser, openPage } from '../../../packages/dashboard/test/support/browser.ts'
import { buildPage } from '../../../packages/dashboard/test/support/built-page.ts'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { type DashboardProcess, runDashboard } from './support/dashboard-process.ts'

vi.setConfig({ testTimeout: 150_000 })

let directory: string
let dashboard: DashboardProcess
let url: string
let browser: Browser

beforeAll(async () => {
  const services = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, i) => {
      const number = String(i).padStart(3, '0')
      // What reports itself: nothing is asked.
      return [`service-${number}`, { title: `Service ${number}`, tags: [i % 2 === 0 ? 'even' : 'odd'] }]
    }),
  )
  ;[directory, browser] = await Promise.all([mkdtemp(path.join(tmpdir(), 'sightline-many-')), launchBrowser(), buildPage()])
  await writeFile(path.join(directory, 'sightline.config.json'), JSON.stringify({ services }))
  dashboard = runDashboard({ directory, variables: { DATABASE_URL: 'memory:' } })
  url = await dashboard.ready
}, 240_000)
afterAll(async () => {
  await browser.close()
  await dashboard.stop()
  await rm(directory, { recursive: true, force: true })
})

it('a page of 1,000 services holds only those near the window, reaches the last one, and shows the one that goes down', async () => {
  const { page, complaints, close } = await openPage(browser)
  page.setDefaultTimeout(45_000)
  await page.goto(`${url}/services`)
  const table = page.getByRole('table', { name: 'Services' })
  await eventually(() => table.getAttribute('aria-rowcount')).toBe('1001')
  const rows = page.locator('[data-service]')
  await eventually(() => rows.count()).toBeGreaterThan(5)
  expect(await rows.count()).toBeLessThan(80)

  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await eventually(() => page.locator('[data-service="service-999"]').count()).toBe(1)
  expect(await rows.count()).toBeLessThan(80)

  const response = await fetch(`${url}/api/v1/services/service-777/reports`, {
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
