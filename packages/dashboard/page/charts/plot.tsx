import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { usePreferences } from '../shell/preferences.ts'
import { type ChartInk, createInk, frameOptions } from './chart-ink.ts'

/** What is drawn over the times: lines, bars, areas. */
export type DrawnSeries = (ink: ChartInk) => Pick<UPlot.Options, 'series'> & Partial<Pick<UPlot.Options, 'bands' | 'scales'>>

interface PlotProps {
  /** ms since the Unix epoch, ascending. */
  readonly times: readonly number[]
  readonly values: readonly (readonly (number | null)[])[]
  /** Of one chart always the same function. */
  readonly drawn: DrawnSeries
  readonly from: number
  readonly until: number
  readonly label: string
  readonly height?: number
  /** The point under the pointer or the keyboard's cursor; null when it leaves. */
  readonly onPoint: (index: number | null) => void
}

/** Numbers over time on a canvas. The arrow keys walk along its points. */
export const Plot = ({ times, values, drawn, from, until, label, height = 220, onPoint }: PlotProps) => {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(null)
  const tell = useRef(onPoint)
  const colorMode = usePreferences((preferences) => preferences.colorMode)
  useEffect(() => {
    tell.current = onPoint
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: another mode has other colours
  useEffect(() => {
    const element = host.current
    if (element === null) return
    let made: UPlot
    const make = () => {
      const ink = createInk(element)
      const frame = frameOptions(element, ink, height)
      const { scales, ...rest } = drawn(ink)
      const options: UPlot.Options = {
        ...frame,
        ...rest,
        scales: { ...frame.scales, ...scales },
        hooks: { setCursor: [({ cursor }) => tell.current(cursor.idx ?? null)] },
      }
      made = new UPlot(options, options.series.map(() => []) as unknown as UPlot.AlignedData, element)
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
  }, [drawn, height, colorMode])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a remade canvas is empty
  useEffect(() => {
    const made = plot.current
    if (made === null) return
    made.batch(() => {
      made.setData([times.map((time) => time / 1_000), ...values.map((line) => [...line])] as UPlot.AlignedData, false)
      made.setScale('x', { min: from / 1_000, max: until / 1_000 })
    })
  }, [times, values, from, until, colorMode, drawn])

  const moveCursor = (index: number) => {
    const made = plot.current
    const last = times.length - 1
    if (made === null || last < 0) return
    const next = Math.min(last, Math.max(0, index))
    const left = made.valToPos((times[next] ?? 0) / 1_000, 'x')
    made.setCursor({ left, top: 0 })
  }
  const moves = new Map<string, (index: number) => number>([
    ['ArrowLeft', (index) => index - 1],
    ['ArrowRight', (index) => index + 1],
    ['PageUp', (index) => index - 20],
    ['PageDown', (index) => index + 20],
    ['Home', () => 0],
    ['End', () => times.length - 1],
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
        moveCursor(move(plot.current?.cursor.idx ?? times.length))
      }}
      onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
    />
  )
}
