import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { findViolations } from './support/axe.ts'
import { livePage, patience } from './support/live-page.ts'

vi.setConfig({ testTimeout: 150_000 })

const live = livePage()

describe('everybody', () => {
  const pages = ['/', '/regions/fleet/us-east', '/pollers']

  it.each(pages)('can use %s in every colour mode: axe finds nothing against WCAG 2.2 AA', async (where) => {
    await live.open(where)
    await live.page.locator('article, [role=treeitem], tbody [data-region]').first().waitFor(patience)
    expect(await findViolations(live.page)).toEqual([])
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
