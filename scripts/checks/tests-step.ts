import { rmSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from '../command.ts'
import { root } from '../workspace.ts'
import { checkCoverage } from './coverage.ts'
import { type Step, toStepResult } from './step.ts'
import { readVitestReport } from './vitest-report.ts'

const TIMEOUT_MS = 30 * 60_000

export const testsStep: Step = {
  name: 'tests',
  about: 'unit, conformance and end-to-end tests, with the coverage of core (vitest)',
  after: ['build', 'browser'],
  alone: true,
  run: async () => {
    const report = path.join(root, 'reports', 'vitest.json')
    const coverage = path.join(root, 'reports', 'coverage')
    rmSync(report, { force: true })
    rmSync(coverage, { recursive: true, force: true })
    const args = [
      'run',
      '--coverage',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      '--reporter=junit',
      `--outputFile.junit=${path.join(root, 'reports', 'junit.xml')}`,
      ...(process.env.GITHUB_ACTIONS === undefined ? [] : ['--reporter=github-actions']),
    ]
    const { exitCode } = await runCommand('vitest', args, { output: 'show', timeoutMs: TIMEOUT_MS })
    const tests = readVitestReport(report, exitCode)
    const covered = toStepResult(checkCoverage(path.join(coverage, 'coverage-summary.json')))
    return {
      passed: tests.passed + covered.passed,
      skipped: tests.skipped,
      failures: [...tests.failures, ...covered.failures],
    }
  },
}
