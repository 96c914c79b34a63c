import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on a page against WCAG 2.2 AA, in every colour mode. */
export const findViolations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(source)
  return page.evaluate(async () => {
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
}
