import type { IncidentDetail } from '@sightline/core/protocol'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import { launchBrowser, openPage } from '../support/browser.ts'

// The page's clock comes from a live connection; here it stands still.
vi.mock('../../page/live/live-context.tsx', () => ({ useNow: () => 60_000 }))
const { Timeline } = await import('../../page/incident/timeline.tsx')

const TURNED = 'x\u202eexe.fdp'
const event = (id: string, of: Partial<IncidentDetail['timeline'][number]>): IncidentDetail['timeline'][number] => ({
  ...{ id, at: 0, kind: 'resolved', by: 'ann', text: '' },
  ...of,
})
const markup = (timeline: IncidentDetail['timeline']): string =>
  renderToStaticMarkup(<Timeline incident={{ timeline, omittedEvents: 0, rule: null } as unknown as IncidentDetail} />)

it('what somebody wrote moves nothing that stands beside it, whichever way it is written', async () => {
  await using browser = await launchBrowser()
  const { page } = await openPage(browser)
  for (const text of [TURNED, 'שירות התשלומים 2.0', 'خدمة الدفع']) {
    await page.setContent(
      markup([
        event('1', { by: text }),
        event('2', { text }),
        event('3', { kind: 'commented', text }),
        event('4', { kind: 'commented', text: 'plain' }),
      ]),
    )
    /** Of the texts in the first line of an event, from left to right as they are shown. */
    const places = await page.evaluate(() =>
      [...document.querySelectorAll('li[data-event]')].map((item) => {
        const line = item.querySelector('p') as HTMLElement
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT)
        const found: { text: string; left: number }[] = []
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          if ((node.textContent ?? '').trim() === '') continue
          const range = document.createRange()
          range.selectNodeContents(node)
          found.push({ text: (node.textContent ?? '').trim(), left: range.getBoundingClientRect().left })
        }
        return found
      }),
    )
    expect(places.map((line) => line.map(({ text }) => text))).toMatchObject([
      [text, 'resolved it', expect.any(String)],
      ['ann', 'resolved it:', text, expect.any(String)],
      ['ann', 'commented', expect.any(String)],
      ['ann', 'commented', expect.any(String)],
    ])
    for (const line of places) {
      const lefts = line.map(({ left }) => left)
      expect(lefts, JSON.stringify(line)).toEqual(lefts.toSorted((a, b) => a - b))
    }
    expect(
      await page
        .locator('li[data-event="commented"] p[dir="auto"]')
        .evaluateAll((all) => all.map((p) => getComputedStyle(p).direction)),
    ).toEqual([text === TURNED ? 'ltr' : 'rtl', 'ltr'])
  }
})
