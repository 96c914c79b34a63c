import { expect, test } from 'vitest'
import { type MonitorEvidence, monitorHealth, wellMonitor } from '../../src/evaluation/monitor-health.ts'

const calm: MonitorEvidence = {
  loopDelayMs: 5,
  isEgressFailing: false,
  isTickless: false,
  failedTogether: 0,
  failedHosts: 0,
  goodBefore: 100,
}

test.each<[string, Partial<MonitorEvidence>, boolean]>([
  ['nothing is strange', {}, true],
  ['the event loop is a little late', { loopDelayMs: 1_000 }, true],
  ['the event loop is very late', { loopDelayMs: 1_001 }, false],
  ['nothing outside can be reached', { isEgressFailing: true }, false],
  ['nobody checks', { isTickless: true }, false],
  ['most targets fail in one tick', { failedTogether: 80, failedHosts: 40 }, false],
  ['many targets fail in one tick', { failedTogether: 79, failedHosts: 40 }, true],
  ['all of few targets fail', { failedTogether: 4, failedHosts: 4, goodBefore: 4 }, true],
  ['all targets of one host fail', { failedTogether: 100, failedHosts: 1 }, true],
])('when %s, %j is well: %s', (_, evidence, isWell) => {
  expect(monitorHealth(wellMonitor, { ...calm, ...evidence }, { at: 0 }).reason === null).toBe(isWell)
})

test('it stays in doubt for ten seconds after the last sign, and silence from before it was well says nothing', () => {
  const first = monitorHealth(wellMonitor, { ...calm, loopDelayMs: 3_000 }, { at: 1_000 })
  const again = monitorHealth(first, { ...calm, loopDelayMs: 3_000 }, { at: 5_000 })
  expect(monitorHealth(again, calm, { at: 14_999 }).reason).not.toBeNull()
  expect(monitorHealth(again, calm, { at: 15_500 })).toMatchObject({ reason: null, wellSince: 15_500 })
})
