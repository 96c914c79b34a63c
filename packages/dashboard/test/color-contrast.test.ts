import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('../page/styles.css', import.meta.url), 'utf8')

/** The colours of a rule as [light, dark]; the contrast mode overlays the plain one. */
const colorsOf = (selector: string): ReadonlyMap<string, readonly [string, string]> => {
  const rule = css.slice(css.indexOf(`${selector} {`), css.indexOf('}', css.indexOf(`${selector} {`)))
  return new Map(
    [...rule.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
      ([, name = '', light = '', dark = '']) => [name, [light, dark]],
    ),
  )
}

/** Relative luminance and contrast ratio, of WCAG 2.2. */
const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const contrast = (a: string, b: string): number => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

const grounds = ['ground', 'surface', 'raised', 'hover']
const onGrounds = ['text', 'muted', 'faint', 'accent', 'up', 'late', 'fail'].flatMap((ink) =>
  grounds.map((on) => [ink, on] as const),
)
const pairs = [
  ...onGrounds,
  ['on-accent', 'accent'],
  ['accent', 'accent-soft'],
  ['text', 'accent-soft'],
  ['muted', 'accent-soft'],
  ['faint', 'accent-soft'],
  ['up', 'up-soft'],
  ['late', 'late-soft'],
  ['fail', 'fail-soft'],
] as const
// What is no text: the focus ring, a chart's line, the bars that carry a meaning.
const graphics = [
  ['focus', 'ground'],
  ['focus', 'surface'],
  ['accent', 'surface'],
  ['fail', 'surface'],
  ['line-strong', 'surface'],
] as const

const plain = colorsOf(':root')
const strong = new Map([...plain, ...colorsOf(':root[data-mode="contrast"]')])

describe.each([
  ['light', plain, 0, 4.5],
  ['dark', plain, 1, 4.5],
  ['high contrast, light', strong, 0, 7],
  ['high contrast, dark', strong, 1, 7],
] as const)('%s', (_, colors, scheme, least) => {
  const ratio = ([ink, on]: readonly [string, string]) => {
    const [a, b] = [colors.get(ink)?.[scheme], colors.get(on)?.[scheme]]
    if (a === undefined || b === undefined) throw new Error(`No colour ${ink} or ${on}.`)
    return contrast(a, b)
  }

  it(`text holds ${least}:1`, () => {
    const weak = pairs.filter((pair) => ratio(pair) < least).map((pair) => `${pair.join(' on ')}: ${ratio(pair).toFixed(2)}`)
    expect(weak).toEqual([])
  })

  it('graphics hold 3:1', () => {
    expect(graphics.filter((pair) => ratio(pair) < 3).map((pair) => pair.join(' on '))).toEqual([])
  })
})
