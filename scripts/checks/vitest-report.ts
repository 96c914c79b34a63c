import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../workspace.ts'
import type { Failure, StepResult } from './step.ts'

/** The part of vitest's JSON report that is counted. */
interface VitestReport {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: 'passed' | 'failed'
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled'
      readonly failureMessages: readonly string[] | null
    }[]
  }[]
}

const fileFailures = (file: VitestReport['testResults'][number]): readonly Failure[] => {
  const name = path.relative(root, file.name)
  const failed = file.assertionResults.filter((test) => test.status === 'failed')
  // A file that cannot be loaded, or whose hooks throw, fails without a failed test.
  if (file.status === 'failed' && failed.length === 0) return [{ name, detail: file.message || 'the file could not be run' }]
  return failed.map((test) => ({ name: `${name} › ${test.fullName}`, detail: (test.failureMessages ?? []).join('\n') }))
}

/** What a vitest run counted. A run that failed otherwise (an unhandled error, no test found, killed) counts as one failure. */
export const readVitestReport = (file: string, exitCode: number): StepResult => {
  if (!existsSync(file)) {
    return { passed: 0, skipped: 0, failures: [{ name: 'vitest', detail: `exit code ${exitCode}, and no report was written` }] }
  }
  const report: VitestReport = JSON.parse(readFileSync(file, 'utf8'))
  const tests = report.testResults.flatMap((result) => result.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const failures = report.testResults.flatMap(fileFailures)
  const otherwise = failures.length === 0 && (exitCode !== 0 || !report.success || tests.length === 0)
  const detail =
    tests.length === 0
      ? 'no test was found'
      : `exit code ${exitCode} although no test failed: an unhandled error, see the output above`
  return {
    passed,
    skipped: tests.length - passed - tests.filter((test) => test.status === 'failed').length,
    failures: otherwise ? [{ name: 'vitest', detail }] : failures,
  }
}
