import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { usePreferences } from '../shell/preferences.ts'
import type { FieldSeries } from './field-series.ts'

interface LineChartProps {
  readonly series: FieldSeries
  readonly from: number
  readonly until: number
  readonly label: string
  /** The point under the pointer or the keyboard's cursor; null when it leaves. */
  readonly onPoint: (index: number | null) => void
}

const height = 220

/** A canvas cannot resolve `var(--x)`: the page's own style does. */
const createInk = (host: HTMLElement) => {
  const probe = host.appendChild(document.createElement('span'))
  const color = (name: string): string => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const ink = {
    line: color('accent'),
    grid: color('line'),
    text: color('faint'),
    font: `11px ${getComputedStyle(host).fontFamily}`,
  }
  probe.remove()
  return ink
}

const withAlpha = (rgb: string, alpha: number): string =>
  rgb.replace(/^rgb\((.*)\)$/, (_all, parts: string) => `rgba(${parts}, ${alpha})`)

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })
const clockWithSeconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})

/** Ticks are in seconds, and so far apart that two of them never need the same label. */
const labelTicks = (ticks: readonly number[], apartSeconds: number): string[] =>
  ticks.map((tick) => (apartSeconds < 60 ? clockWithSeconds : clock).format(tick * 1_000))

const optionsFor = (host: HTMLElement, onPoint: (index: number | null) => void): UPlot.Options => {
  const ink = createInk(host)
  const axis: UPlot.Axis = {
    stroke: ink.text,
    font: ink.font,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { stroke: ink.grid, width: 1, size: 4 },
  }
  return {
    width: host.clientWidth,
    height,
    legend: { show: false },
    padding: [12, 12, 0, 0],
    cursor: { y: false, points: { size: 7, fill: ink.line }, drag: { setScale: false, x: false, y: false } },
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
    series: [
      {},
      {
        stroke: ink.line,
        width: 1.5,
        points: { show: false },
        ...(UPlot.paths.stepped ? { paths: UPlot.paths.stepped({ align: 1 }) } : {}),
        fill: ({ ctx, bbox }) => {
          const fill = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height)
          fill.addColorStop(0, withAlpha(ink.line, 0.22))
          fill.addColorStop(1, withAlpha(ink.line, 0))
          return fill
        },
      },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  }
}

/** Room above and below; zero at the bottom where it is near. */
const rangeOf = (least: number | null, most: number | null): [number, number] => {
  if (least === null || most === null) return [0, 1]
  const spread = most - least || Math.abs(most) || 1
  const low = least - spread * 0.1
  return [least >= 0 && (low < 0 || least < spread) ? 0 : low, most + spread * 0.1]
}

/** One line on a canvas. The arrow keys walk along its points. */
export const LineChart = ({ series, from, until, label, onPoint }: LineChartProps) => {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(null)
  const tell = useRef(onPoint)
  const colorMode = usePreferences((preferences) => preferences.colorMode)
  useEffect(() => {
    tell.current = onPoint
  })

  useEffect(() => {
    const element = host.current
    if (element === null) return
    let made: UPlot
    const make = () => {
      made = new UPlot(
        optionsFor(element, (index) => tell.current(index)),
        [[], []],
        element,
      )
      plot.current = made
    }
    make()
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const remake = () => {
      const { data } = made
      const { min, max } = made.scales.x ?? {}
      made.destroy()
      make()
      made.setData(data, false)
      if (min !== undefined && max !== undefined) made.setScale('x', { min, max })
    }
    scheme.addEventListener('change', remake)
    return () => {
      scheme.removeEventListener('change', remake)
      observer.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a remade canvas is empty
  useEffect(() => {
    const made = plot.current
    if (made === null) return
    made.batch(() => {
      made.setData([series.times.map((time) => time / 1_000), [...series.values]], false)
      made.setScale('x', { min: from / 1_000, max: until / 1_000 })
    })
  }, [series, from, until, colorMode])

  const moveCursor = (index: number) => {
    const made = plot.current
    const last = series.times.length - 1
    if (made === null || last < 0) return
    const next = Math.min(last, Math.max(0, index))
    const left = made.valToPos((series.times[next] ?? 0) / 1_000, 'x')
    made.setCursor({ left, top: 0 })
  }
  const moves = new Map<string, (index: number) => number>([
    ['ArrowLeft', (index) => index - 1],
    ['ArrowRight', (index) => index + 1],
    ['PageUp', (index) => index - 20],
    ['PageDown', (index) => index + 20],
    ['Home', () => 0],
    ['End', () => series.times.length - 1],
  ])
  return (
    <div
      ref={host}
      role="application"
      aria-label={`${label}. Arrow keys move along the line.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk along the line
      tabIndex={0}
      className="w-full rounded-md"
      onKeyDown={(event) => {
        const move = moves.get(event.key)
        if (move === undefined) return
        event.preventDefault()
        moveCursor(move(plot.current?.cursor.idx ?? series.times.length))
      }}
      onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
    />
  )
}
