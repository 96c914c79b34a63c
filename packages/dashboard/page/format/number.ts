import { onDemand } from './on-demand.ts'

const grouped = onDemand(() => new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 }))
const precise = onDemand(() => new Intl.NumberFormat(undefined, { maximumFractionDigits: 6, maximumSignificantDigits: 7 }))

export const formatCount = (count: number): string => grouped().format(count)

/** A document's number as a person reads it; the document itself is always shown exactly. */
export const formatNumber = (value: number): string =>
  Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-6) ? String(value) : precise().format(value)

/** What a number gained or lost: `+0.4`, `−12`. */
export const formatDelta = (before: number, after: number): string => {
  const delta = after - before
  return `${delta < 0 ? '−' : '+'}${formatNumber(Math.abs(delta))}`
}

/** `1 region`, `6 regions`. */
export const formatPlural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`

/** A share of time, rounded down: what was away for a moment is never 100 %. */
export const formatPercent = (percent: number | null): string =>
  percent === null ? '—' : percent === 100 ? '100 %' : `${(Math.floor(percent * 1_000) / 1_000).toFixed(3)} %`
