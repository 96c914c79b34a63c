import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { type StateFrame, stateDigest } from '@sightline/core/protocol'
import type { AxeResults } from 'axe-core'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { launchBrowser, openPage, type WatchedPage } from './support/browser.ts'
import { buildPage } from './support/built-page.ts'
import { type DashboardProcess, runDashboard } from './support/dashboard-process.ts'
import { eventually } from './support/eventually.ts'

const regions = {
  'us-east': 'US East',
  'us-west': 'US West',
  'eu-west': 'EU West',
  'eu-central': 'EU Central',
  'sa-east': 'South America East',
  'ap-southeast': 'Asia Pacific Southeast',
}
const patience = { timeout: 45_000 }

vi.setConfig({ testTimeout: 150_000 })

let directory: string
let dist: string
let port: number
let dashboard: DashboardProcess
let url: string
let browser: Browser
let watched: WatchedPage
let page: Page

/** A port to come back to after a restart. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const startServer = async () => {
  dashboard = runDashboard({ directory, variables: { SERVER_PORT: String(port) } })
  url = await dashboard.ready
}

beforeAll(async () => {
  ;[dist, directory, port, browser] = await Promise.all([
    buildPage(),
    mkdtemp(path.join(tmpdir(), 'sightline-page-')),
    freePort(),
    launchBrowser(),
  ])
  await startServer()
}, 240_000)
afterAll(async () => {
  await browser.close()
  await dashboard.stop()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  watched = await openPage(browser)
  page = watched.page
  page.setDefaultTimeout(patience.timeout)
})
afterEach(() => watched.close())

const open = async (where: string) => {
  await page.goto(url + where)
  await page.locator('[data-reach="live"]').waitFor(patience)
}
/** What a person sees of it: hidden parts are left out. */
// biome-ignore lint/performance/useDomNodeTextContent: the rendered text is what is tested
const seen = (locator: Locator) => locator.innerText()
const card = (region: string) => page.locator(`article[data-region="${region}"]`)
const changesOf = async (region: string) => Number((await seen(card(region).locator('[data-role="changes"]'))).replace(/\D/g, ''))
const frameOf = async (region: string) => {
  const response = await fetch(`${url}/api/v1/topics/metrics?api=fleet&region=${region}`)
  return (await response.json()) as StateFrame & {
    readonly data: { readonly data: { readonly process: { readonly pid: number } } }
  }
}

describe('the regions page', () => {
  it('shows six regions live and changing, without a complaint of the browser', async () => {
    await open('/')
    await eventually(() => page.getByRole('article').count()).toBe(6)
    for (const [region, label] of Object.entries(regions)) {
      await eventually(() => card(region).getAttribute('data-state')).toBe('up')
      expect(await seen(card(region).getByRole('heading'))).toBe(label)
      expect(await card(region).locator('time[data-freshness]').first().getAttribute('data-freshness')).toBe('fresh')
    }
    const before = await Promise.all(Object.keys(regions).map(changesOf))
    for (const [i, region] of Object.keys(regions).entries()) {
      await eventually(() => changesOf(region)).toBeGreaterThan(before[i] ?? 0)
      await eventually(() => seen(card(region).getByRole('list', { name: 'Last change' }))).toMatch(/\S+ → became|became/)
    }
    await eventually(() =>
      card('us-east')
        .getByRole('img', { name: /polls? seen/ })
        .getAttribute('aria-label'),
    ).toMatch(/[1-9] changed, 0 failed; the last one took [\d.]+ ms/)
    expect(watched.complaints).toEqual([])
  })

  it('says that access is open', async () => {
    await open('/')
    await page.getByRole('button', { name: 'Open access' }).click()
    await page.getByRole('dialog', { name: 'Everybody may do everything' }).waitFor()
  })

  it('filters by text and state, and the address remembers', async () => {
    await open('/')
    await page.getByRole('searchbox', { name: 'Find regions' }).fill('eu')
    await eventually(() => page.getByRole('article').count()).toBe(2)
    expect(new URL(page.url()).searchParams.get('q')).toBe('eu')
    await page.reload()
    await eventually(() => page.getByRole('article').count()).toBe(2)
    await page.getByRole('radio', { name: 'Failing' }).check()
    await page.getByText('No region fits').waitFor()
    await page.getByRole('button', { name: 'Show all regions' }).click()
    await eventually(() => page.getByRole('article').count()).toBe(6)
  })

  it('shows a server of the fleet that died as failing, with its error, and its recovery', async () => {
    await open('/')
    await eventually(() => card('sa-east').getAttribute('data-state')).toBe('up')
    process.kill((await frameOf('sa-east')).data.data.process.pid, 'SIGKILL')
    await eventually(() => card('sa-east').getAttribute('data-state')).toMatch(/failing|open/)
    await eventually(() =>
      card('sa-east')
        .getByText(/Failing|Circuit open/)
        .count(),
    ).toBe(1)
    await page.getByRole('link', { name: 'Pollers' }).click()
    const row = page.getByRole('row').filter({ hasText: 'sa-east' })
    await eventually(() => seen(row)).toMatch(/Connection (refused|reset)|closed/i)
    await eventually(() => seen(row)).toMatch(/\bUp\b/)
    await page.getByRole('link', { name: 'Regions' }).click()
    await eventually(() => card('sa-east').locator('time[data-freshness]').first().getAttribute('data-freshness')).toBe('fresh')
    expect(watched.complaints).toEqual([])
  })
})

describe('the page of a region', () => {
  const where = '/regions/fleet/us-east'

  it('shows the document with what changed, and a chart with a table beside it', async () => {
    await open(where)
    const tree = page.getByRole('tree', { name: 'Latest document' })
    await eventually(() => seen(tree.getByRole('treeitem').first())).toContain('"us-east"')
    await eventually(() => tree.getByText(/^was /).count()).toBeGreaterThan(0)
    await page.getByRole('combobox', { name: 'Field' }).selectOption({ label: 'host.load.oneMinute' })
    await page.getByRole('application', { name: /host\.load\.oneMinute/ }).waitFor(patience)
    expect(await page.locator('canvas').count()).toBe(1)
    await page.getByRole('radio', { name: 'Table' }).check()
    await eventually(() =>
      page
        .getByRole('table', { name: /host\.load\.oneMinute/ })
        .getByRole('row')
        .count(),
    ).toBeGreaterThan(1)
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ field: '/host/load/oneMinute', view: 'table' })
    expect(watched.complaints).toEqual([])
  })

  it('compares any two entries, and the address remembers which', async () => {
    await open(where)
    const older = page.getByRole('radio', { name: /^Compare from/ })
    await eventually(() => older.count()).toBeGreaterThan(4)
    await page
      .getByRole('radio', { name: /^Compare to/ })
      .nth(1)
      .check()
    await older.nth(4).check()
    await page.getByText('Comparing the two you picked').waitFor()
    const { from, to } = Object.fromEntries(new URL(page.url()).searchParams) as { from: string; to: string }
    const revisionOf = (text: string) => Number(text.split('~').at(-1))
    expect(revisionOf(to)).toBeGreaterThan(revisionOf(from))
    const diff = page.locator('[data-role="diff"]')
    await eventually(() => seen(diff)).toMatch(new RegExp(`from ${revisionOf(from)} .* to ${revisionOf(to)} `))
    const row = diff.getByRole('row').filter({ hasText: 'uptime.processSeconds' })
    const [before = 0, after = 0, delta = 0] = (await row.getByRole('cell').allInnerTexts()).map(Number)
    expect(delta).toBe(after - before)
    expect(delta).toBeGreaterThan(0)
    await page.getByRole('radio', { name: 'Patch' }).check()
    await eventually(() => seen(diff.getByRole('region', { name: 'Patch' }))).toContain(
      '{"op":"replace","path":"/uptime/processSeconds"',
    )
    const address = page.url()
    const shown = await seen(diff.getByRole('region', { name: 'Patch' }))
    await page.goto('about:blank')
    await page.goto(address)
    await eventually(() => seen(diff.getByRole('region', { name: 'Patch' }))).toBe(shown)
    await page.getByRole('button', { name: 'Follow the latest' }).click()
    await page.getByText('Following the latest').waitFor()
    expect(watched.complaints).toEqual([])
  })

  it('sets the interval, for good, and refuses one out of bounds', async () => {
    await open('/regions/fleet/us-west')
    await page.getByRole('button', { name: 'Every 1 s' }).click()
    const amount = page.getByRole('spinbutton', { name: 'Other interval' })
    await amount.fill('25')
    await page.getByRole('combobox', { name: 'Unit' }).selectOption('h')
    expect(await page.getByRole('button', { name: 'Set', exact: true }).isDisabled()).toBe(true)
    await amount.fill('2')
    await page.getByRole('combobox', { name: 'Unit' }).selectOption('s')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('button', { name: 'Every 2 s' }).waitFor()
    const { polls } = (await (await fetch(`${url}/api/v1/status`)).json()) as {
      polls: readonly { region: string; intervalMs: number }[]
    }
    expect(polls.find(({ region }) => region === 'us-west')?.intervalMs).toBe(2_000)
  })

  it('polls at once and says what came of it', async () => {
    await open(where)
    await page.getByRole('button', { name: 'Poll now' }).click()
    await eventually(() => page.getByText(/^(Changed|Unchanged), [\d.]+ m?s$/).count()).toBe(1)
  })

  it('knows no region that is not there', async () => {
    await open('/regions/fleet/mars')
    await page.getByText('There is no region mars of fleet').waitFor(patience)
    await open('/nowhere')
    await page.getByText('There is no such page').waitFor()
  })
})

describe('the keyboard', () => {
  it('reaches everything: skip link, card, tree, chart, comparison', async () => {
    await open('/')
    await card('ap-southeast').waitFor(patience)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await page.keyboard.press('Enter')
    // Search, filter, then the first card.
    for (let i = 0; i < 3; i++) await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Asia Pacific Southeast')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/regions/fleet/ap-southeast')
    await eventually(() => page.evaluate(() => document.activeElement?.id)).toBe('main')
    expect(await page.title()).toBe('Asia Pacific Southeast · fleet · Sightline')

    const tree = page.getByRole('tree')
    await tree.waitFor(patience)
    await tree.focus()
    const active = () => page.evaluate(() => document.querySelector('[role=treeitem][aria-selected=true]')?.getAttribute('id'))
    await eventually(active).toBe('field-/region')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowLeft')
    expect(await page.locator('[id="field-/process"]').getAttribute('aria-expanded')).toBe('false')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowDown')
    expect(await active()).toBe('field-/process/cpuPercent')
    expect(await tree.getAttribute('aria-activedescendant')).toBe('field-/process/cpuPercent')
    await page.keyboard.press('Enter')
    await eventually(() => new URL(page.url()).searchParams.get('field')).toBe('/process/cpuPercent')

    const chart = page.getByRole('application')
    await chart.focus()
    await page.keyboard.press('ArrowLeft')
    await eventually(() => seen(page.locator('[aria-live=polite]').first())).toMatch(/^[\d.,]+ at \d\d:\d\d:\d\d$/)

    await page.getByRole('radio', { name: /^Compare from/, checked: true }).focus()
    await page.keyboard.press('ArrowDown')
    await eventually(() => new URL(page.url()).searchParams.has('from')).toBe(true)
  })
})

describe('a restart of the server', () => {
  it('is told, and ends with the very document that the server has', async () => {
    await watched.page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
    await open('/regions/fleet/eu-central')
    await page.getByRole('tree').waitFor(patience)
    await dashboard.stop()
    await page.getByText('Connecting to the server again.').waitFor(patience)
    await eventually(() => page.locator('[data-reach]').getAttribute('data-reach')).toBe('reconnecting')
    await startServer()
    await page.locator('[data-reach="live"]').waitFor(patience)

    const shown = async () => {
      await page.getByRole('button', { name: 'Copy document' }).click()
      return JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as unknown
    }
    const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')
    // The document moves on between the two readings: they must meet in one revision.
    await eventually(
      async () => {
        const document = await shown()
        const frame = await frameOf('eu-central')
        const copy = { ...frame.data, data: document }
        return stateDigest(copy, sha1) === frame.digest
      },
      { interval: 100 },
    ).toBe(true)
    const failures = watched.complaints.filter((complaint) => !/ERR_CONNECTION_REFUSED|status of 503/.test(complaint))
    expect(failures).toEqual([])
  })
})

describe('everybody', () => {
  const pages = ['/', '/regions/fleet/us-east', '/pollers']
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

  it.each(pages)('can use %s in every colour mode: axe finds nothing against WCAG 2.2 AA', async (where) => {
    await open(where)
    await page.locator('article, [role=treeitem], tbody [data-region]').first().waitFor(patience)
    await page.evaluate(axe)
    const found = await page.evaluate(async () => {
      const { run } = (globalThis as unknown as { axe: { run(node: Document, options: object): Promise<AxeResults> } }).axe
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
      const found: string[] = []
      for (const mode of ['light', 'dark', 'contrast']) {
        document.documentElement.dataset.mode = mode
        // Until the transitions between two modes are over.
        await new Promise((resolve) => setTimeout(resolve, 500))
        // What does not depend on colours is looked for once.
        const runOnly = mode === 'light' ? tags : { type: 'rule', values: ['color-contrast'] }
        const { violations } = await run(document, { runOnly })
        found.push(
          ...violations.map(({ id, nodes }) => `${mode}, ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`),
        )
      }
      return found
    })
    expect(found).toEqual([])
  })

  it.each(pages)('can use %s on a phone: nothing is wider than 390 px', async (where) => {
    await page.setViewportSize({ width: 390, height: 844 })
    await open(where)
    await page.locator('article, [role=treeitem], tbody [data-region]').first().waitFor(patience)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  })

  it('keeps the colours they chose', async () => {
    await open('/')
    await page.getByRole('button', { name: 'Colours: System' }).click()
    await page.getByRole('menuitemradio', { name: 'Dark' }).click()
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
    await page.reload()
    expect(await page.evaluate(() => document.documentElement.dataset.mode)).toBe('dark')
    await page.getByRole('button', { name: 'Colours: Dark' }).waitFor(patience)
  })
})

it('begins with at most 200 KB of script, compressed', async () => {
  const html = await readFile(path.join(dist, 'index.html'), 'utf8')
  const scripts = [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, file = '']) => file)
  expect(scripts.length).toBeGreaterThan(1)
  const sizes = await Promise.all(scripts.map(async (file) => gzipSync(await readFile(path.join(dist, file))).length))
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(200 * 1_024)
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/)
})
