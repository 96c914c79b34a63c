import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { livePage, patience } from './support/live-page.ts'
import { readNotified } from './support/notified.ts'

vi.setConfig({ testTimeout: 400_000 })

const live = livePage()

const title = 'Fleet South America East: Down'
const told = async () =>
  (await readNotified(live.directory))
    .filter(({ notification }) => notification.title.startsWith('Fleet South America East'))
    .map(({ notification }) => notification.status)

const pidOf = async (region: string): Promise<number> => {
  const response = await fetch(`${live.url}/api/v1/topics/metrics?api=fleet&region=${region}`)
  const frame = (await response.json()) as { readonly data: { readonly data: { readonly process: { readonly pid: number } } } }
  return frame.data.data.process.pid
}

const goTo = async (label: string) => {
  const pages = live.page.getByRole('navigation', { name: 'Pages' })
  await pages.getByRole('link', { name: label }).click()
  await live.page.getByRole('heading', { level: 1, name: label }).waitFor(patience)
}

describe('a server of the fleet that stops', () => {
  it('turns its service down, opens an incident that people work on live, tells a channel, and resolves when it is back', async () => {
    await live.open('/services')
    const row = live.page.locator('[data-service="fleet-sa-east"]')
    await eventually(() => live.page.locator('[data-service][data-status="up"]').count()).toBe(6)
    // Held rather than killed: the fleet would start it again after five seconds, whether anybody had looked or not.
    const pid = await pidOf('sa-east')
    process.kill(pid, 'SIGSTOP')
    onTestFinished(() => void process.kill(pid, 'SIGCONT'))
    await eventually(() => row.getAttribute('data-status')).toBe('down')
    await live.page
      .getByRole('navigation')
      .getByRole('link', { name: /Incidents 1\s*active/ })
      .waitFor(patience)

    await goTo('Incidents')
    const line = live.page.locator('[data-incident][data-status="open"]')
    await line.getByRole('link', { name: title }).click()
    await live.page.getByRole('heading', { level: 1, name: title }).waitFor(patience)
    await live.page.locator('[data-event="opened"]').waitFor(patience)
    await eventually(told).toEqual(['firing'])

    // Somebody else looks at the same incident.
    const colleague = await live.openAnother(new URL(live.page.url()).pathname)
    await colleague.getByRole('heading', { level: 1, name: title }).waitFor(patience)
    await live.page.getByRole('textbox', { name: 'Comment' }).pressSequentially('restarting it, @ann')
    await colleague.getByText('Somebody is writing').waitFor(patience)
    await live.page.keyboard.press('Control+Enter')
    const comment = colleague.locator('[data-event="commented"]')
    await comment.getByText('restarting it,').waitFor(patience)
    await comment.locator('strong', { hasText: '@ann' }).waitFor(patience)
    await colleague.getByRole('button', { name: 'Acknowledge' }).click()
    await live.page.locator('[data-event="acknowledged"]').waitFor(patience)
    expect(await live.page.locator('[data-event="commented"]').count()).toBe(1)
    await colleague.getByRole('textbox', { name: 'Assigned to' }).fill('ann')
    await colleague.getByRole('button', { name: 'Assign' }).click()
    await live.page.locator('[data-event="assigned"]').getByText('ann').waitFor(patience)

    process.kill(pid, 'SIGCONT')
    await live.page.locator('[data-event="resolved"]').waitFor({ timeout: 240_000 })
    await live.page.getByRole('button', { name: 'Reopen' }).waitFor(patience)
    await eventually(told).toEqual(['firing', 'resolved'])
    await goTo('Services')
    await eventually(() => row.getAttribute('data-status')).toBe('up')
    await goTo('Alerts')
    await eventually(() => live.page.locator('[data-alert][data-status="sent"]').count()).toBe(4)
    expect(live.complaints).toEqual([])
  })
})

describe('an incident opened by hand', () => {
  it('is worked on from open to resolved and back, and the address remembers the filters', async () => {
    await live.open('/incidents')
    await live.page.getByRole('button', { name: 'Open incident' }).first().click()
    const dialog = live.page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Open incident' }).click()
    await dialog.getByText('Title is missing').waitFor(patience)
    await dialog.getByRole('textbox', { name: 'Title' }).fill('Orders are late')
    await dialog.getByRole('combobox', { name: 'Severity' }).selectOption('medium')
    await dialog.getByRole('combobox', { name: 'Service' }).selectOption('fleet-us-west')
    await dialog.getByRole('button', { name: 'Open incident' }).click()
    await live.page.getByRole('heading', { level: 1, name: 'Orders are late' }).waitFor(patience)

    await live.page.getByRole('button', { name: 'Investigate' }).click()
    await live.page.locator('[data-event="investigating"]').waitFor(patience)
    await live.page.getByRole('combobox', { name: 'Severity' }).selectOption('low')
    await live.page.locator('[data-event="severity"]').waitFor(patience)
    await live.page.getByRole('button', { name: 'Resolve' }).click()
    await live.page.locator('[data-event="resolved"]').waitFor(patience)
    await live.page.getByRole('button', { name: 'Reopen' }).click()
    await live.page.locator('[data-event="reopened"]').waitFor(patience)
    expect(await live.page.getByRole('link', { name: 'Lines around its time' }).getAttribute('href')).toMatch(
      /\/logs\?view=search&service=fleet-us-west&from=\d+&to=\d+$/,
    )

    await live.open('/incidents?severity=low&status=active')
    await eventually(() => live.page.locator('[data-incident]').count()).toBe(1)
    await live.page.getByRole('combobox', { name: 'Severity' }).selectOption('critical')
    await live.page.getByText('Nothing is wrong').waitFor(patience)
    expect(new URL(live.page.url()).searchParams.get('severity')).toBe('critical')
    await live.page.reload()
    await live.page.getByText('Nothing is wrong').waitFor(patience)
    await live.page.getByRole('button', { name: 'Show all incidents' }).click()
    await live.page.locator('[data-incident]').first().waitFor(patience)
  })
})
