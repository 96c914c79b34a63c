import type { PollerStatus } from '@sightline/core/protocol'
import { expect, test } from 'vitest'
import { targetSeries } from '../../src/http/target-series.ts'

const status = (region: string, more: Partial<PollerStatus> = {}): PollerStatus => ({
  api: 'orders',
  region,
  state: 'up',
  polls: 1,
  failures: 0,
  consecutiveFailures: 0,
  changes: 1,
  skipped: 0,
  abandoned: 0,
  latencyMs: 12,
  checkedAt: 1_700_000_000_500,
  attemptedAt: 1_700_000_000_500,
  retryAt: null,
  lastError: null,
  apiVersion: null,
  ...more,
})

test('what is not known has no sample; names are escaped', () => {
  const waiting = status('eu "west"\\\n', { state: 'waiting', latencyMs: null, checkedAt: null, changes: 0 })
  expect(targetSeries([waiting])).toBe(
    [
      '# HELP sightline_targets_unlisted Targets without series of their own: those after the first 2000.',
      '# TYPE sightline_targets_unlisted gauge',
      'sightline_targets_unlisted 0',
      '# HELP sightline_target_changes_total Documents of the target that changed.',
      '# TYPE sightline_target_changes_total counter',
      'sightline_target_changes_total{api="orders",region="eu \\"west\\"\\\\\\n"} 0',
      '# HELP sightline_target_consecutive_failures Polls that failed since the last that succeeded.',
      '# TYPE sightline_target_consecutive_failures gauge',
      'sightline_target_consecutive_failures{api="orders",region="eu \\"west\\"\\\\\\n"} 0',
      '',
    ].join('\n'),
  )
})

test('times are seconds; an open circuit is down, a paused target is neither', () => {
  const text = targetSeries([status('a'), status('b', { state: 'open' }), status('c', { state: 'paused' })])
  expect(text).toContain('sightline_target_up{api="orders",region="a"} 1\nsightline_target_up{api="orders",region="b"} 0\n#')
  expect(text).toContain('sightline_target_latency_seconds{api="orders",region="a"} 0.012\n')
  expect(text).toContain('sightline_target_last_success_timestamp_seconds{api="orders",region="a"} 1700000000.5\n')
})

test('beyond the first 2,000, one line says how many', () => {
  const text = targetSeries(Array.from({ length: 2_345 }, (_, i) => status(`r${i}`)))
  expect(text).toContain('sightline_targets_unlisted 345\n')
  expect(text.match(/^sightline_target_up\{/gm)).toHaveLength(2_000)
})
