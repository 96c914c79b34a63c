import type { Chart } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { formatPercent } from '../../page/format/number.ts'
import { summarizeChart, toChartData } from '../../page/service/chart-data.ts'
import { parseServiceView } from '../../page/service/service-view.ts'
import { formatValue, sortValueNames, valueName } from '../../page/service/value-name.ts'

const chart: Chart = {
  service: 's',
  region: 'eu',
  value: 'latencyMs',
  unit: null,
  start: 1_000,
  stepMs: 500,
  mean: [10, null, 40],
  min: [5, null, 30],
  max: [20, null, 90],
  p95: [18, null, 80],
  count: [3, 0, 1],
}

it('a chart has a time for each step, and gaps where nothing was measured', () => {
  expect(toChartData(chart)).toEqual({ times: [1_000, 1_500, 2_000], values: [chart.mean, chart.p95, chart.min, chart.max] })
})

it('its mean counts every measurement once', () => {
  expect(summarizeChart(chart)).toEqual({ last: 40, min: 5, max: 90, mean: 17.5 })
  expect(summarizeChart({ ...chart, mean: [null], count: [0] })).toBeNull()
})

it('an availability is never rounded up to 100 %', () => {
  expect([100, 99.9999, 0, null].map(formatPercent)).toEqual(['100 %', '99.999 %', '0.000 %', '—'])
})

it('numbers are called by words, and have the unit of their name', () => {
  expect(['latencyMs', 'queueDepth', 'heapUsedBytes', 'depth[jobs]{queue="mail"}'].map(valueName)).toEqual([
    'Latency',
    'Queue depth',
    'Heap used',
    'depth[jobs]{queue="mail"}',
  ])
  expect(formatValue('latencyMs', 1_250)).toBe('1.25 s')
  expect(formatValue('cpuPercent', 12.3456)).toBe('12.35 %')
  expect(formatValue('bodyBytes', 2_097_152)).toBe('2 MB')
  expect(sortValueNames(['zone', 'statusCode', 'latencyMs', 'zone'])).toEqual(['latencyMs', 'statusCode', 'zone'])
})

it('reads the address of a service loosely', () => {
  expect(parseServiceView({ range: '7d', value: 'cpuPercent', region: 'eu' })).toEqual({
    range: '7d',
    value: 'cpuPercent',
    region: 'eu',
  })
  expect(parseServiceView({ range: 'toString', value: [], region: '' })).toEqual({})
})
