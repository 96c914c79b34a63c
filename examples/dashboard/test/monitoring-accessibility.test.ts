import { beforeAll, describe, expect, it, vi } from 'vitest'
import { findViolations } from './support/axe.ts'
import { livePage, patience } from './support/live-page.ts'

vi.setConfig({ testTimeout: 150_000 })

const live = livePage()

const post = async (path: string, body: unknown): Promise<{ readonly id: string }> => {
  const response = await fetch(`${live.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as { id: string }
}

describe('everybody', () => {
  let incident: string
  beforeAll(async () => {
    const line = {
      service: 'checkout',
      severity: 'error',
      message: 'cannot reach the database',
      fields: { order: 7 },
      traceId: 't1',
    }
    await post('/operations/logs.ingest', { entries: [line, { ...line, severity: 'warn', message: 'slow' }] })
    incident = (await post('/incidents', { title: 'Checkout is slow', severity: 'high', service: 'fleet-us-east' })).id
    await post(`/incidents/${incident}/comments`, { text: 'looking, @ann' })
    const hour = { from: Date.now(), to: Date.now() + 3_600_000 }
    await post('/silences', { services: ['fleet-eu-west'], reason: 'known', ...hour })
    await post('/maintenance', { title: 'New disks', services: ['fleet-eu-central'], ...hour })
    await post('/channels/file/test', {})
  }, 60_000)

  const pages: readonly (readonly [where: string, shown: string])[] = [
    ['/services', '[data-service]'],
    ['/services/fleet-us-east', '[data-region]'],
    ['/incidents', '[data-incident]'],
    ['/incidents/:id', '[data-event="commented"]'],
    ['/logs', '[data-line]'],
    ['/logs?view=search', '[data-line]'],
    ['/logs?view=errors', '[data-fingerprint]'],
    ['/alerts', '[data-alert]'],
    ['/alerts?view=deliveries', '[data-delivery]'],
    ['/alerts?view=channels', '[data-channel]'],
    ['/alerts?view=silences', '[data-silence]'],
    ['/alerts?view=maintenance', '[data-maintenance]'],
    ['/alerts?view=routes', 'ol[aria-label="Routes"]'],
  ]
  const goTo = async ([where, shown]: (typeof pages)[number]) => {
    await live.open(where.replace(':id', incident))
    await live.page.locator(shown).first().waitFor(patience)
  }

  it.each(pages)('can use %s in every colour mode: axe finds nothing against WCAG 2.2 AA', async (...page) => {
    await goTo(page)
    expect(await findViolations(live.page)).toEqual([])
    expect(live.complaints).toEqual([])
  })

  it.each(pages)('can use %s on a phone: nothing is wider than 390 px', async (...page) => {
    await live.page.setViewportSize({ width: 390, height: 844 })
    await goTo(page)
    expect(await live.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  })

  it.each([
    ['/services', 'Add service'],
    ['/incidents', 'Open incident'],
    ['/alerts?view=silences', 'Add silence'],
    ['/alerts?view=maintenance', 'Add window'],
  ])('can use the form of %s: axe finds nothing, and Escape leads back', async (where, button) => {
    await live.open(where)
    const opener = live.page.getByRole('button', { name: button })
    await opener.focus()
    await live.page.keyboard.press('Enter')
    await live.page.getByRole('dialog').waitFor(patience)
    expect(await findViolations(live.page)).toEqual([])
    await live.page.keyboard.press('Escape')
    await live.page.getByRole('dialog').waitFor({ ...patience, state: 'detached' })
    expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true)
  })
})
