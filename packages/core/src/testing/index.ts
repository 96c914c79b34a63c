/** For tests of one's own: `@sightline/core/testing`. */
export type { IncidentDecision, IncidentKey } from '../domain/incident-decision.ts'
export { createTestSightline, type TestSightline } from './create-test-sightline.ts'
export { type TestClock, type TestClockOptions, testClock } from './fake-clock.ts'
export { type ScriptedProbe, scriptedProbe } from './scripted-probe.ts'
export { type RuleExpectation, type RuleSeries, type RuleTest, type RuleTestResult, testRules } from './test-rules.ts'
