import { createHash } from 'node:crypto'
import { type StateFrame, stateDigest } from '@sightline/core/protocol'
import type { Locator } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { livePage, patience } from './support/live-page.ts'

vi.setConfig({ testTimeout: 150_000 })

const regions = {
  'us-east': 'US East',
  'us-west': 'US West',
  'eu-west': 'EU West',
  'eu-central': 'EU Central',
  'sa-east': 'South America East',
  'ap-southeast': 'Asia Pacific Southeast',
}
const live = livePage()

/** What a person sees of it: hidden parts are left out. */
// biome-ignore lint/performance/useDomNodeTextContent: the rendered text is what is tested
const seen = (locator: Locator) => locator.innerText()
const card = (region: string) => live.page.locator(`article[data-region="${region}"]`)
const changesOf = async (region: string) => Number((await seen(card(region).locator('[data-role="changes"]'))).replace(/\D/g, ''))
const frameOf = async (region: string) => {
  const response = await fetch(`${live.url}/api/v1/topics/metrics?api=fleet&region=${region}`)
  return (await response.json()) as StateFrame & {
    readonly data: { readonly data: { readonly process: { readonly pid: number } } }
  }
}

describe('the regions page', () => {
  it('shows six regions live and changing, without a complaint of the browser', async () => {
    await live.open('/')
    await eventually(() => live.page.getByRole('article').count()).toBe(6)
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
    expect(live.complaints).toEqual([])
  })

  it('says that access is open', async () => {
    await live.open('/')
    await live.page.getByRole('button', { name: 'Open access' }).click()
    await live.page.getByRole('dialog', { name: 'Everybody may do everything' }).waitFor()
  })

  it('filters by text and state, and the address remembers', async () => {
    await live.open('/')
    await live.page.getByRole('searchbox', { name: 'Find regions' }).fill('eu')
    await eventually(() => live.page.getByRole('article').count()).toBe(2)
    expect(new URL(live.page.url()).searchParams.get('q')).toBe('eu')
    await live.page.reload()
    await eventually(() => live.page.getByRole('article').count()).toBe(2)
    await live.page.getByRole('radio', { name: 'Failing' }).check()
    await live.page.getByText('No region fits').waitFor()
    await live.page.getByRole('button', { name: 'Show all regions' }).click()
    await eventually(() => live.page.getByRole('article').count()).toBe(6)
  })

  it('shows a server of the fleet that died as failing, with its error, and its recovery', async () => {
    await live.open('/')
    await eventually(() => card('sa-east').getAttribute('data-state')).toBe('up')
    process.kill((await frameOf('sa-east')).data.data.process.pid, 'SIGKILL')
    await eventually(() => card('sa-east').getAttribute('data-state')).toMatch(/failing|open/)
    await eventually(() =>
      card('sa-east')
        .getByText(/^(Failing|Down)$/)
        .count(),
    ).toBe(1)
    await eventually(() => seen(card('sa-east').locator('[data-role="trouble"]'))).toMatch(
      /polls? failed\..*(refused|reset|closed)/i,
    )
    await live.page.getByRole('link', { name: 'Pollers' }).click()
    const row = live.page.getByRole('row').filter({ hasText: 'sa-east' })
    await eventually(() => seen(row)).toMatch(/Connection (refused|reset)|closed/i)
    await eventually(() => seen(row)).toMatch(/\bUp\b/)
    await live.page.getByRole('link', { name: 'Regions' }).click()
    await eventually(() => card('sa-east').locator('time[data-freshness]').first().getAttribute('data-freshness')).toBe('fresh')
    expect(live.complaints).toEqual([])
  })
})

describe('the page of a region', () => {
  const where = '/regions/fleet/us-east'

  it('shows the document with what changed, and a chart with a table beside it', async () => {
    await live.open(where)
    const tree = live.page.getByRole('tree', { name: 'Latest document' })
    await eventually(() => seen(tree.getByRole('treeitem').first())).toContain('"us-east"')
    await eventually(() => tree.getByText(/^was /).count()).toBeGreaterThan(0)
    await live.page.getByRole('combobox', { name: 'Field' }).selectOption({ label: 'host.load.oneMinute' })
    await live.page.getByRole('application', { name: /host\.load\.oneMinute/ }).waitFor(patience)
    expect(await live.page.locator('canvas').count()).toBe(1)
    await live.page.getByRole('radio', { name: 'Table' }).check()
    await eventually(() =>
      live.page
        .getByRole('table', { name: /host\.load\.oneMinute/ })
        .getByRole('row')
        .count(),
    ).toBeGreaterThan(1)
    expect(Object.fromEntries(new URL(live.page.url()).searchParams)).toEqual({ field: '/host/load/oneMinute', view: 'table' })
    expect(live.complaints).toEqual([])
  })

  it('compares any two entries, and the address remembers which', async () => {
    await live.open(where)
    const older = live.page.getByRole('radio', { name: /^Compare from/ })
    await eventually(() => older.count()).toBeGreaterThan(4)
    await live.page
      .getByRole('radio', { name: /^Compare to/ })
      .nth(1)
      .check()
    await older.nth(4).check()
    await live.page.getByText('Comparing the two you picked').waitFor()
    const { from, to } = Object.fromEntries(new URL(live.page.url()).searchParams) as { from: string; to: string }
    const revisionOf = (text: string) => Number(text.split('~').at(-1))
    expect(revisionOf(to)).toBeGreaterThan(revisionOf(from))
    const diff = live.page.locator('[data-role="diff"]')
    await eventually(() => seen(diff)).toMatch(new RegExp(`from ${revisionOf(from)} .* to ${revisionOf(to)} `))
    const row = diff.getByRole('row').filter({ hasText: 'uptime.processSeconds' })
    const [before = 0, after = 0, delta = 0] = (await row.getByRole('cell').allInnerTexts()).map(Number)
    expect(delta).toBe(after - before)
    expect(delta).toBeGreaterThan(0)
    // Every poll makes it differ, and the configuration ignores it: it is shown, and counts for nothing.
    expect(await row.getAttribute('data-ignored')).toBe('true')
    expect(await seen(diff)).toMatch(/^\d+ fields? \(\d+ ignored\)/)
    expect(await diff.locator('[data-ignored="false"]').filter({ hasText: 'uptime' }).count()).toBe(0)
    await live.page.getByRole('radio', { name: 'Patch' }).check()
    await eventually(() => seen(diff.getByRole('region', { name: 'Patch' }))).toContain(
      '{"op":"replace","path":"/uptime/processSeconds"',
    )
    const address = live.page.url()
    const shown = await seen(diff.getByRole('region', { name: 'Patch' }))
    await live.page.goto('about:blank')
    await live.page.goto(address)
    await eventually(() => seen(diff.getByRole('region', { name: 'Patch' }))).toBe(shown)
    await live.page.getByRole('button', { name: 'Follow the latest' }).click()
    await live.page.getByText('Following the latest').waitFor()
    expect(live.complaints).toEqual([])
  })

  it('sets the interval, for good, and refuses one out of bounds', async () => {
    await live.open('/regions/fleet/us-west')
    await live.page.getByRole('button', { name: 'Every 1 s' }).click()
    const amount = live.page.getByRole('spinbutton', { name: 'Other interval' })
    await amount.fill('25')
    await live.page.getByRole('combobox', { name: 'Unit' }).selectOption('h')
    expect(await live.page.getByRole('button', { name: 'Set', exact: true }).isDisabled()).toBe(true)
    await amount.fill('2')
    await live.page.getByRole('combobox', { name: 'Unit' }).selectOption('s')
    await live.page.getByRole('button', { name: 'Set', exact: true }).click()
    await live.page.getByRole('button', { name: 'Every 2 s' }).waitFor()
    const { polls } = (await (await fetch(`${live.url}/api/v1/status`)).json()) as {
      polls: readonly { region: string; intervalMs: number }[]
    }
    expect(polls.find(({ region }) => region === 'us-west')?.intervalMs).toBe(2_000)
  })

  it('polls at once and says what came of it', async () => {
    await live.open(where)
    await live.page.getByRole('button', { name: 'Poll now' }).click()
    await eventually(() => live.page.getByText(/^(Changed|Unchanged), [\d.]+ m?s$/).count()).toBe(1)
  })

  it('knows no region that is not there', async () => {
    await live.open('/regions/fleet/mars')
    await live.page.getByText('There is no region mars of fleet').waitFor(patience)
    await live.open('/nowhere')
    await live.page.getByText('There is no such page').waitFor()
  })
})

describe('the keyboard', () => {
  it('reaches everything: skip link, card, tree, chart, comparison', async () => {
    await live.open('/')
    await card('ap-southeast').waitFor(patience)
    await live.page.keyboard.press('Tab')
    expect(await live.page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await live.page.keyboard.press('Enter')
    // Search, filter, then the first card.
    for (let i = 0; i < 3; i++) await live.page.keyboard.press('Tab')
    expect(await live.page.evaluate(() => document.activeElement?.textContent)).toBe('Asia Pacific Southeast')
    await live.page.keyboard.press('Enter')
    await live.page.waitForURL('**/regions/fleet/ap-southeast')
    await eventually(() => live.page.evaluate(() => document.activeElement?.id)).toBe('main')
    await eventually(() => live.page.title()).toBe('Asia Pacific Southeast · fleet · Sightline')

    const tree = live.page.getByRole('tree')
    await tree.waitFor(patience)
    await tree.focus()
    const active = () =>
      live.page.evaluate(() => document.querySelector('[role=treeitem][aria-selected=true]')?.getAttribute('id'))
    await eventually(active).toBe('field-/region')
    await live.page.keyboard.press('ArrowDown')
    await live.page.keyboard.press('ArrowLeft')
    expect(await live.page.locator('[id="field-/process"]').getAttribute('aria-expanded')).toBe('false')
    await live.page.keyboard.press('ArrowRight')
    await live.page.keyboard.press('ArrowRight')
    await live.page.keyboard.press('ArrowDown')
    expect(await active()).toBe('field-/process/cpuPercent')
    expect(await tree.getAttribute('aria-activedescendant')).toBe('field-/process/cpuPercent')
    await live.page.keyboard.press('Enter')
    await eventually(() => new URL(live.page.url()).searchParams.get('field')).toBe('/process/cpuPercent')

    const chart = live.page.getByRole('application')
    await chart.focus()
    await live.page.keyboard.press('ArrowLeft')
    await eventually(() => seen(live.page.locator('[aria-live=polite]').first())).toMatch(/^[\d.,]+ at \d\d:\d\d:\d\d$/)

    await live.page.getByRole('radio', { name: /^Compare from/, checked: true }).focus()
    await live.page.keyboard.press('ArrowDown')
    await eventually(() => new URL(live.page.url()).searchParams.has('from')).toBe(true)
  })
})

describe('a restart of the server', () => {
  it('is told, and ends with the very document that the server has', async () => {
    await live.page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: live.url })
    await live.open('/regions/fleet/eu-central')
    await live.page.getByRole('tree').waitFor(patience)
    await live.stopServer()
    await live.page.getByText('Connecting to the server again.').waitFor(patience)
    await eventually(() => live.page.locator('[data-reach]').getAttribute('data-reach')).toBe('reconnecting')
    await eventually(() => seen(live.page.getByRole('heading', { level: 1 }))).toContain('Unknown')
    await live.page.getByRole('link', { name: 'Regions' }).first().click()
    await eventually(() => card('eu-central').getAttribute('data-state')).toBe('unknown')
    await eventually(() => seen(live.page.locator('dl').first())).toMatch(/Up\s+— of 6/)
    await live.page.goBack()
    await live.startServer()
    await live.page.locator('[data-reach="live"]').waitFor(patience)

    const shown = async () => {
      await live.page.getByRole('button', { name: 'Copy document' }).click()
      return JSON.parse(await live.page.evaluate(() => navigator.clipboard.readText())) as unknown
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
    const failures = live.complaints.filter((complaint) => !/ERR_CONNECTION_REFUSED|status of 503/.test(complaint))
    expect(failures).toEqual([])
  })
})
