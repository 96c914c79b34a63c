import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { livePage, patience } from './support/live-page.ts'
import { readNotified } from './support/notified.ts'

vi.setConfig({ testTimeout: 200_000 })

const live = livePage()

const post = async (path: string, body: unknown) => {
  const response = await fetch(`${live.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status, await response.clone().text()).toBeLessThan(300)
}

const query = (name: string) => new URL(live.page.url()).searchParams.get(name)

describe('the services page', () => {
  it('filters by words, tag and status, sorts, and the address remembers', async () => {
    await live.open('/services')
    const rows = live.page.locator('[data-service]')
    await eventually(() => live.page.locator('[data-service][data-status="up"]').count()).toBe(6)
    await live.page.getByRole('searchbox', { name: 'Find services' }).fill('us')
    await eventually(() => rows.count()).toBe(2)
    expect(query('q')).toBe('us')
    await live.page.reload()
    await eventually(() => rows.count()).toBe(2)
    await live.page.getByRole('button', { name: /^Down/ }).click()
    await live.page.getByText('No service fits').waitFor(patience)
    expect(query('status')).toBe('down')
    await live.page.getByRole('button', { name: 'Show all services' }).click()
    await eventually(() => rows.count()).toBe(6)
    await live.page.getByRole('combobox', { name: 'Tag' }).selectOption('fleet')
    expect(query('tag')).toBe('fleet')
    const header = live.page.getByRole('columnheader', { name: 'Service', exact: true })
    await header.getByRole('button').click()
    await header.getByRole('button').click()
    await eventually(() => header.getAttribute('aria-sort')).toBe('descending')
    expect(await rows.first().getAttribute('data-service')).toBe('fleet-us-west')
    expect(live.complaints).toEqual([])
  })

  it('adds a service once its fields are right, tries its check, changes, pauses and deletes it', async () => {
    await live.open('/services')
    await live.page.getByRole('button', { name: 'Add service' }).first().click()
    const dialog = live.page.getByRole('dialog')
    const field = (name: string) => dialog.getByRole('textbox', { name, exact: true })
    await field('Name').fill('my page')
    await field('URL').fill('nowhere')
    await dialog.getByRole('textbox', { name: 'Every, in seconds' }).fill('0.5')
    await dialog.getByRole('button', { name: 'Add service' }).click()
    await dialog.getByText('must be a name of 1 to 100').waitFor(patience)
    await dialog.getByText('must be a complete URL').waitFor(patience)
    await dialog.getByText('must be a whole number of ms').waitFor(patience)
    expect(await field('Name').evaluate((element) => element === document.activeElement)).toBe(true)

    await field('Name').fill('my-page')
    await field('URL').fill(`${live.url}/health`)
    await dialog.getByRole('textbox', { name: 'Every, in seconds' }).fill('1')
    await dialog.getByRole('button', { name: 'Test the check' }).click()
    await dialog.getByText(/^Up, [\d.]+ m?s/).waitFor(patience)
    await dialog.getByRole('button', { name: 'Add service' }).click()
    await dialog.waitFor({ ...patience, state: 'detached' })
    const row = live.page.locator('[data-service="my-page"]')
    await eventually(() => row.getAttribute('data-status')).toBe('up')

    await row.getByRole('link', { name: 'my-page' }).click()
    await live.page.getByRole('button', { name: 'Edit' }).click()
    await field('Title').fill('My page')
    await dialog.getByRole('textbox', { name: 'Tags', exact: true }).fill('web, shop')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await live.page.getByRole('heading', { level: 1, name: 'My page' }).waitFor(patience)
    await live.page.getByRole('link', { name: 'shop' }).waitFor(patience)
    await live.page.getByRole('button', { name: 'Check now' }).click()
    await live.page.getByText('Checked: Up').waitFor(patience)
    await live.page.getByRole('button', { name: 'Pause' }).click()
    await live.page.locator('h1').getByText('Paused').waitFor(patience)
    await live.page.getByRole('button', { name: 'Resume' }).click()
    await live.page.locator('h1').getByText('Up').waitFor(patience)
    await live.page.getByRole('button', { name: 'Delete' }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await live.page.getByRole('heading', { level: 1, name: 'Services' }).waitFor(patience)
    await eventually(() => row.count()).toBe(0)
  })

  it('draws what a service measures, and the address remembers what of it', async () => {
    await live.open('/services/fleet-eu-west')
    await live.page.getByRole('application', { name: /^Latency in eu-west/ }).waitFor(patience)
    await live.page.getByText('From the configuration').waitFor(patience)
    await live.page.getByRole('radio', { name: '24h' }).check()
    await live.page.getByRole('combobox', { name: 'Number' }).selectOption({ label: 'First byte' })
    const chart = live.page.getByRole('application', { name: /^First byte in eu-west/ })
    await chart.waitFor(patience)
    expect([query('range'), query('value')]).toEqual(['24h', 'firstByteMs'])
    await chart.focus()
    await live.page.keyboard.press('End')
    await live.page.getByText(/: mean .+, p95 /).waitFor(patience)
    await eventually(() => live.page.getByText(/^\d+(\.\d+)? %$/).count()).toBeGreaterThan(0)
    expect(live.complaints).toEqual([])
  })
})

describe('the logs page', () => {
  it('follows what is logged, holds it on request, and finds it again by words, fields and severity', async () => {
    await live.open('/logs')
    const line = (n: number) => ({ service: 'checkout', message: `order ${n} placed`, fields: { order: n, user: { id: 'u1' } } })
    await post('/operations/logs.ingest', { entries: [line(1), { ...line(2), severity: 'error', traceId: 'trace-2' }] })
    const tail = live.page.getByRole('list', { name: 'Lines' })
    await tail.getByText('order 1 placed').waitFor(patience)
    await tail.getByText('order 2 placed').waitFor(patience)
    await live.page.getByRole('button', { name: 'Pause' }).click()
    await post('/operations/logs.ingest', { entries: [line(3)] })
    await live.page.getByText('Paused, 1 new line').waitFor(patience)
    expect(await tail.getByText('order 3 placed').count()).toBe(0)
    await live.page.getByRole('button', { name: 'Resume' }).click()
    await tail.getByText('order 3 placed').waitFor(patience)

    await live.page.getByRole('radio', { name: 'Search' }).check()
    await live.page.getByRole('searchbox').fill('placed')
    await live.page.getByRole('textbox', { name: 'Fields, as path=value' }).fill('user.id=u1')
    const found = live.page.locator('[data-line]')
    // What came in a moment ago is stored in a moment.
    await eventually(
      async () => {
        await live.page.getByRole('button', { name: 'Again' }).click()
        return found.count()
      },
      { interval: 1_000 },
    ).toBe(3)
    await live.page.getByRole('combobox', { name: 'Least severity' }).selectOption('error')
    await eventually(() => found.count()).toBe(1)
    expect(Object.fromEntries(new URL(live.page.url()).searchParams)).toEqual({
      view: 'search',
      q: 'placed',
      fields: 'user.id=u1',
      severity: 'error',
    })
    await found.getByRole('button').click()
    await live.page.getByText('trace-2').waitFor(patience)

    await live.page.getByRole('button', { name: 'Saved' }).click()
    await live.page.getByRole('textbox', { name: 'Name of this search' }).fill('failed orders')
    await live.page.getByRole('button', { name: 'Save', exact: true }).click()
    await live.page.getByRole('link', { name: 'failed orders' }).waitFor(patience)
    await live.open('/logs')
    await live.page.getByRole('button', { name: 'Saved' }).click()
    await live.page.getByRole('link', { name: 'failed orders' }).click()
    await eventually(() => query('severity')).toBe('error')
    await eventually(() => found.count()).toBe(1)

    await live.open('/logs?view=errors')
    await live.page.locator('[data-fingerprint]', { hasText: 'order 2 placed' }).waitFor(patience)
    expect(live.complaints).toEqual([])
  })

  it('stops following who scrolls up, keeps 500 lines, and goes back on request', async () => {
    await live.open('/logs?service=flood')
    await live.page.getByText('Nothing was logged').waitFor(patience)
    const lines = Array.from({ length: 600 }, (_, n) => ({ service: 'flood', message: `line ${n}` }))
    await post('/operations/logs.ingest', { entries: lines })
    const tail = live.page.getByRole('region', { name: 'Live lines' })
    await tail.getByText('line 599').waitFor(patience)
    await eventually(() => live.page.locator('[data-line]').count()).toBeLessThanOrEqual(500)
    await tail.focus()
    await live.page.keyboard.press('Home')
    await live.page.getByText('Scrolled up: not following').waitFor(patience)
    await live.page.getByRole('button', { name: 'To the newest' }).click()
    await live.page.getByText('Following', { exact: true }).waitFor(patience)
  })
})

describe('the alerts page', () => {
  it('sends a test, silences and ends the silence, plans maintenance and ends it', async () => {
    await live.open('/alerts?view=channels')
    await live.page.getByRole('button', { name: 'Send a test to file' }).click()
    await eventually(async () => (await readNotified(live.directory)).length).toBeGreaterThan(0)
    await live.page.getByRole('radio', { name: 'Deliveries' }).check()
    await live.page.locator('[data-delivery][data-status="sent"]').first().waitFor(patience)

    await live.page.getByRole('radio', { name: 'Silences' }).check()
    await live.page.getByRole('button', { name: 'Add silence' }).first().click()
    const dialog = live.page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Add silence' }).click()
    await dialog.getByText('Name at least one service').waitFor(patience)
    await dialog.getByRole('textbox', { name: 'Services' }).fill('fleet-us-east')
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('known')
    await dialog.getByRole('button', { name: 'Add silence' }).click()
    const silence = live.page.locator('[data-silence]')
    await silence.getByText('Active').waitFor(patience)
    await silence.getByRole('button', { name: /^End now/ }).click()
    await live.page.getByText('Nothing is silenced').waitFor(patience)

    await live.page.getByRole('radio', { name: 'Maintenance' }).check()
    await live.page.getByRole('button', { name: 'Add window' }).first().click()
    await dialog.getByRole('textbox', { name: 'Title' }).fill('New disks')
    await dialog.getByRole('textbox', { name: 'Services' }).fill('fleet-us-east')
    await dialog.getByRole('button', { name: 'Add window' }).click()
    const planned = live.page.locator('[data-maintenance]')
    await planned.getByText('Active').waitFor(patience)
    await live.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Services' }).click()
    const row = live.page.locator('[data-service="fleet-us-east"]')
    await eventually(() => row.getAttribute('data-status')).toBe('maintenance')
    await live.open('/alerts?view=maintenance')
    await planned.getByRole('button', { name: 'End' }).click()
    await dialog.getByRole('button', { name: 'End' }).click()
    await live.page.getByText('No maintenance is planned').waitFor(patience)
    await live.page.getByRole('radio', { name: 'Routes' }).check()
    await live.page.getByText('Everything →').waitFor(patience)
    expect(live.complaints).toEqual([])
  })
})
