import { formatLatency } from '../format/duration.ts'
import { formatNumber } from '../format/number.ts'

const words: Readonly<Record<string, string>> = {
  latencyMs: 'Latency',
  firstByteMs: 'First byte',
  downloadMs: 'Download',
  connectMs: 'Connect',
  dnsMs: 'DNS lookup',
  tlsMs: 'TLS handshake',
  statusCode: 'Status code',
  bodyBytes: 'Body size',
  cpuPercent: 'CPU',
  ramPercent: 'RAM',
  errorRatePercent: 'Error rate',
  up: 'Up',
}

/** How a number is called: `Latency`, `Latency p95`, `Queue depth`; a custom one (`depth[jobs]{queue="mail"}`) as it is. */
export const valueName = (name: string): string => {
  const known = words[name]
  if (known !== undefined) return known
  if (!/^[A-Za-z]\w*$/.test(name)) return name
  const spaced = name
    .replace(/(Ms|Percent|Bytes|Seconds|Days|Count)$/, '')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return spaced === '' ? name : `${spaced.charAt(0).toUpperCase()}${spaced.slice(1)}`
}

const sizes = [
  ['GB', 2 ** 30],
  ['MB', 2 ** 20],
  ['KB', 2 ** 10],
] as const

const formatBytes = (bytes: number): string => {
  const size = sizes.find(([, bytesOf]) => Math.abs(bytes) >= bytesOf)
  return size === undefined ? `${formatNumber(bytes)} B` : `${Number((bytes / size[1]).toPrecision(3))} ${size[0]}`
}

const round = (value: number): number => Number(value.toPrecision(4))

/** A number with its unit, which its name tells. */
export const formatValue = (name: string, value: number): string => {
  if (name === 'up') return value === 1 ? 'yes' : value === 0 ? 'no' : formatNumber(round(value))
  if (name.endsWith('Ms')) return formatLatency(value)
  if (name.endsWith('Percent')) return `${formatNumber(round(value))} %`
  if (name.endsWith('Bytes')) return formatBytes(value)
  return formatNumber(round(value))
}

// What was entered first, then what a check measures, then its phases.
const order = ['latencyMs', 'up', 'statusCode', 'errorRatePercent', 'cpuPercent', 'ramPercent']

/** The most telling first. */
export const sortValueNames = (names: readonly string[]): readonly string[] => {
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}
