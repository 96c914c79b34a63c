import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

interface Report {
  readonly numPassedTests: number
  readonly numTotalTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

const require = createRequire(import.meta.url)
const packageFolder = fileURLToPath(new URL('../..', import.meta.url))

test('what stands for React 18 is React 18', () => {
  const versions: string[] = [require('react-18/package.json').version, require('react-dom-18/package.json').version]
  expect(versions.map((version) => version.split('.')[0])).toEqual(['18', '18'])
})

test('every test of the hooks passes with React 18 as well', { timeout: 300_000 }, async () => {
  const file = path.join(tmpdir(), `react-18-${process.pid}.json`)
  const vitest = path.resolve(packageFolder, '../../node_modules/vitest/vitest.mjs')
  const args = [
    vitest,
    'run',
    '--config',
    path.join(packageFolder, 'vitest.react-18.config.ts'),
    '--reporter=json',
    `--outputFile=${file}`,
  ]
  const { VITEST: _, VITEST_WORKER_ID: __, VITEST_POOL_ID: ___, ...env } = process.env
  await new Promise<void>((resolve) => {
    execFile(process.execPath, args, { cwd: packageFolder, env, maxBuffer: 2 ** 26 }, () => resolve())
  })
  const report = JSON.parse(await readFile(file, 'utf8')) as Report
  await rm(file)
  const failures = report.testResults.flatMap(({ name, message, assertionResults }) => [
    ...(message === '' ? [] : [`${name}: ${message}`]),
    ...assertionResults
      .filter(({ status }) => status !== 'passed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n')}`),
  ])
  expect(failures).toEqual([])
  expect(report.numPassedTests).toBe(report.numTotalTests)
  expect(report.numTotalTests).toBeGreaterThan(25)
})
