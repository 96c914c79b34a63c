import type UPlot from 'uplot'
import { onDemand } from '../format/on-demand.ts'

/** A canvas cannot resolve `var(--x)`: the page's own style does. */
export interface ChartInk {
  color(name: string): string
  readonly font: string
}

export const createInk = (host: HTMLElement): ChartInk => ({
  color: (name) => {
    const probe = host.appendChild(document.createElement('span'))
    probe.style.color = `var(--${name})`
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  },
  font: `11px ${getComputedStyle(host).fontFamily}`,
})

export const withAlpha = (rgb: string, alpha: number): string =>
  rgb.replace(/^rgb\((.*)\)$/, (_all, parts: string) => `rgba(${parts}, ${alpha})`)

const clock = onDemand(() => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false }))
const clockWithSeconds = onDemand(
  () => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }),
)
const day = onDemand(() => new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' }))

/** Ticks are in seconds, and so far apart that two of them never need the same label. */
const labelTicks = (ticks: readonly number[], apartSeconds: number): string[] => {
  const formatOf = apartSeconds < 60 ? clockWithSeconds : apartSeconds < 43_200 ? clock : day
  return ticks.map((tick) => formatOf().format(tick * 1_000))
}

/** Room above and below; zero at the bottom where it is near. */
const rangeOf = (least: number | null, most: number | null): [number, number] => {
  if (least === null || most === null) return [0, 1]
  const spread = most - least || Math.abs(most) || 1
  const low = least - spread * 0.1
  return [least >= 0 && (low < 0 || least < spread) ? 0 : low, most + spread * 0.1]
}

/** What the charts of this page have in common, in the colours of its mode. */
export const frameOptions = (host: HTMLElement, ink: ChartInk, height: number) => {
  const axis: UPlot.Axis = {
    stroke: ink.color('faint'),
    font: ink.font,
    grid: { stroke: ink.color('line'), width: 1 },
    ticks: { stroke: ink.color('line'), width: 1, size: 4 },
  }
  return {
    width: host.clientWidth,
    height,
    legend: { show: false },
    padding: [12, 20, 0, 0],
    cursor: { y: false, points: { size: 7, fill: ink.color('accent') }, drag: { setScale: false, x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_plot, least, most) => rangeOf(least, most) } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 30,
        space: 76,
        values: (_plot, ticks, _axis, _space, apart) => labelTicks(ticks, apart),
      },
      { ...axis, size: (_plot, labels) => 16 + 6.5 * Math.max(3, ...(labels ?? []).map((text) => text.length)), space: 36 },
    ],
  } satisfies Omit<UPlot.Options, 'series'>
}
