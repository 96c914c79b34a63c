import { type Access, allowAll, createSightline, type Sightline } from '@sightline/core'
import { dashboardFolder } from '@sightline/dashboard'
import { serve, type Web } from '@sightline/server-socketio'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { launchBrowser, openPage, type WatchedPage } from '../support/browser.ts'
import { buildPage } from '../support/built-page.ts'
import { eventually } from '../support/eventually.ts'

vi.setConfig({ testTimeout: 120_000 })

let browser: Browser
let sightline: Sightline
let web: Web
let url: string
let watched: WatchedPage
let page: Page
let checks = 0
let mayManage = true

/** Who may look may not always change. */
const access: Access = {
  policy: 'test',
  authenticate: (credentials) => allowAll().authenticate(credentials),
  allows: ({ permission }) => mayManage || permission !== 'services:manage',
}

beforeAll(async () => {
  await buildPage()
  browser = await launchBrowser()
  const counting = {
    kind: 'counting',
    parse: () => ({}),
    open: () => ({
      collect: async () => {
        checks += 1
        return { outcome: 'value' as const, value: { status: 'up' }, latencyMs: 1, values: {} }
      },
    }),
  }
  sightline = createSightline({
    access,
    apis: {},
    probes: [counting],
    services: {
      alpha: { title: 'Alpha', check: { kind: 'counting' }, intervalMs: 3_600_000 },
      ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`more-${i}`, { title: `More ${i}` }])),
    },
  })
  web = serve(sightline, { static: dashboardFolder })
  url = (await web.listen({ port: 0 })).url
  await sightline.start()
}, 240_000)
afterAll(async () => {
  await browser.close()
  await web.close()
  await sightline.stop()
})

beforeEach(async () => {
  mayManage = true
  watched = await openPage(browser)
  page = watched.page
  page.setDefaultTimeout(45_000)
})
afterEach(() => watched.close())

const change = (operation: 'services.create' | 'services.delete', input: { readonly name: string; readonly title?: string }) =>
  sightline.call({ operation, input, as: 'system' })
const open = async (query = '') => {
  await page.goto(`${url}/services${query}`)
  await page.locator('[data-reach="live"]').waitFor()
}
const button = (title: string) => page.getByRole('button', { name: `Actions for ${title}`, exact: true })
const menu = () => page.getByRole('menu')
const item = (name: string) => page.getByRole('menuitem', { name, exact: true })
const focused = () =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent)
const statusOf = (name: string) => page.locator(`[data-service="${name}"]`).getAttribute('data-status')

it('by the keyboard alone: each key opens it on its first item, arrows move, Escape goes back to where it was', async () => {
  await open('?sort=name')
  const alpha = button('Alpha')
  expect(await alpha.getAttribute('aria-haspopup')).toBe('menu')
  for (const key of ['Enter', 'Space', 'ArrowDown']) {
    await alpha.focus()
    expect(await alpha.getAttribute('aria-expanded')).toBe('false')
    await page.keyboard.press(key)
    await page.getByRole('menu', { name: 'Actions for Alpha' }).waitFor()
    expect(await alpha.getAttribute('aria-expanded')).toBe('true')
    await eventually(focused).toBe('Check now')
    await page.keyboard.press('ArrowDown')
    await eventually(focused).toBe('Pause')
    await page.keyboard.press('ArrowUp')
    await eventually(focused).toBe('Check now')
    await page.keyboard.press('Escape')
    await menu().waitFor({ state: 'detached' })
    await eventually(focused).toBe('Actions for Alpha')
    expect(await alpha.getAttribute('aria-expanded')).toBe('false')
  }
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await eventually(focused).toBe('Actions for More 0')
  expect(watched.complaints).toEqual([])
})

it('pauses, resumes and checks', async () => {
  await open('?sort=name')
  await eventually(() => statusOf('alpha')).toBe('up')
  await button('Alpha').click()
  await item('Pause').click()
  await eventually(() => statusOf('alpha')).toBe('paused')
  await menu().waitFor({ state: 'detached' })
  await button('Alpha').click()
  await item('Resume').waitFor()
  expect(await item('Check now').count()).toBe(0)
  await item('Resume').click()
  await eventually(() => statusOf('alpha')).not.toBe('paused')
  await menu().waitFor({ state: 'detached' })
  const before = checks
  await button('Alpha').click()
  await item('Check now').click()
  await eventually(() => checks).toBeGreaterThan(before)
  await page.getByText('From the configuration').waitFor({ state: 'detached' })
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(watched.complaints).toEqual([])
})

it('a refused change is shown above the table, until it is put away or another goes through', async () => {
  await open('?sort=name')
  mayManage = false
  await button('Alpha').click()
  await item('Pause').click()
  const alert = page.getByRole('alert')
  await alert.getByText(/^alpha: /).waitFor()
  expect(await alert.isVisible()).toBe(true)
  const [told, table] = [await alert.boundingBox(), await page.getByRole('table', { name: 'Services' }).boundingBox()]
  expect((told?.y ?? 0) + (told?.height ?? 0)).toBeLessThanOrEqual(table?.y ?? 0)
  expect(await statusOf('alpha')).not.toBe('paused')
  await page.getByRole('button', { name: 'Dismiss' }).click()
  await alert.waitFor({ state: 'detached' })

  await button('Alpha').click()
  await item('Pause').click()
  await alert.waitFor()
  mayManage = true
  await button('Alpha').click()
  await item('Check now').click()
  await alert.waitFor({ state: 'detached' })
  expect(watched.complaints).toEqual([])
})

it('edits what was entered here, and gives the focus back after', async () => {
  await change('services.create', { name: 'entered', title: 'Entered' })
  await open('?q=entered')
  await button('Entered').focus()
  await page.keyboard.press('Enter')
  await eventually(focused).toBe('Pause')
  await page.keyboard.press('End')
  await eventually(focused).toBe('Edit')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Edit entered' })
  await dialog.getByRole('textbox', { name: 'Title', exact: true }).fill('Entered anew')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await eventually(focused).toBe('Actions for Entered anew')
  expect(watched.complaints).toEqual([])
})

it('a service that goes while its menu is open takes the menu with it, and the page goes on', async () => {
  await change('services.create', { name: 'zz-last', title: 'Zz last' })
  await open('?sort=-name')
  await button('Zz last').click()
  await menu().waitFor()
  await change('services.delete', { name: 'zz-last' })
  await menu().waitFor({ state: 'detached' })
  await button('More 99').click()
  await page.getByRole('menu', { name: 'Actions for More 99' }).waitFor()
  await page.keyboard.press('Escape')
  await menu().waitFor({ state: 'detached' })

  await change('services.create', { name: 'only', title: 'Only one' })
  await page.getByRole('searchbox').fill('only one')
  await button('Only one').click()
  await menu().waitFor()
  await change('services.delete', { name: 'only' })
  await page.getByText('No service fits').waitFor()
  await menu().waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Show all services' }).click()
  await button('More 99').click()
  await item('Pause').waitFor()
  expect(watched.complaints).toEqual([])
})

it('on a phone its button stands at the right edge, and the name has what room there is', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await open('?sort=name')
  const [table, first] = [page.getByRole('table', { name: 'Services' }), button('More 0')]
  const [all, pressed, name] = await Promise.all(
    [table, first, page.getByRole('link', { name: /^More 0 / })].map((each) => each.boundingBox()),
  )
  expect((all?.x ?? 0) + (all?.width ?? 0) - (pressed?.x ?? 0) - (pressed?.width ?? 0)).toBeLessThan(16)
  expect(name?.width).toBeGreaterThan(100)
  expect(watched.complaints).toEqual([])
})

it('a row that is sorted out of sight while its menu is open closes it', async () => {
  // What is up stands below two hundred that wait, what is down above them.
  await sightline.service('more-5').observe({ status: 'up' })
  await open()
  await page.locator('[data-service]').first().waitFor()
  await eventually(async () => {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
    return statusOf('more-5')
  }).toBe('up')
  await button('More 5').click()
  await menu().waitFor()
  await sightline.service('more-5').observe({ status: 'down', reason: 'the disk is full' })
  await menu().waitFor({ state: 'detached' })
  await page.evaluate(() => window.scrollTo(0, 0))
  await button('More 5').click()
  await item('Pause').waitFor()
  expect(watched.complaints).toEqual([])
})
