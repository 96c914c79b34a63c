import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { AxeResults } from 'axe-core'
import { describe, expect, it, vi } from 'vitest'
import { livePage, patience } from './support/live-page.ts'

vi.setConfig({ testTimeout: 150_000 })

const live = livePage()

describe('everybody', () => {
  const pages = ['/', '/regions/fleet/us-east', '/pollers']
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

  it.each(pages)('can use %s in every colour mode: axe finds nothing against WCAG 2.2 AA', async (where) => {
    await live.open(where)
    await live.page.locator('article, [role=treeitem], tbody [data-region]').first().waitFor(patience)
    await live.page.evaluate(axe)
    const found = await live.page.evaluate(async () => {
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
    await live.page.setViewportSize({ width: 390, height: 844 })
    await live.open(where)
    await live.page.locator('article, [role=treeitem], tbody [data-region]').first().waitFor(patience)
    expect(await live.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  })

  it('keeps the colours they chose', async () => {
    await live.open('/')
    await live.page.getByRole('button', { name: 'Colours: System' }).click()
    await live.page.getByRole('menuitemradio', { name: 'Dark' }).click()
    expect(await live.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
    await live.page.reload()
    expect(await live.page.evaluate(() => document.documentElement.dataset.mode)).toBe('dark')
    await live.page.getByRole('button', { name: 'Colours: Dark' }).waitFor(patience)
  })
})

it('begins with at most 200 KB of script, compressed', async () => {
  const html = await readFile(path.join(live.dist, 'index.html'), 'utf8')
  const scripts = [...html.matchAll(/(?:src|href)="\.(\/[^"]+\.js)"/g)].map(([, file = '']) => file)
  expect(scripts.length).toBeGreaterThan(1)
  const sizes = await Promise.all(scripts.map(async (file) => gzipSync(await readFile(path.join(live.dist, file))).length))
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(200 * 1_024)
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/)
})
