import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readVitestReport } from '../checks/vitest-report.ts'
import { runCommand } from '../command.ts'
import { root } from '../workspace.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(path.join(root, 'node_modules', '.sightline-report-'))
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  writeFileSync(path.join(folder, 'vitest.config.mjs'), 'export default {}')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs vitest for real on files of this text and reads what it reports. */
const runTests = async (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(folder, name), `import { test, expect } from 'vitest'\n${text}`)
  const report = path.join(folder, 'report.json')
  const args = ['run', '--root', folder, '--reporter=json', `--outputFile=${report}`, '--pool=threads']
  const { exitCode } = await runCommand('vitest', args, { cwd: folder, timeoutMs: 60_000 })
  return readVitestReport(report, exitCode)
}

test('counts what ran: passed, failed, skipped, and a file that cannot be loaded', async () => {
  const result = await runTests({
    'a.test.js': `test('one', () => {})\ntest('two', () => expect(1).toBe(2))\ntest.skip('three', () => {})\ntest.todo('four')`,
    'b.test.js': `test('five', () => {})\nthrow new Error('cannot load')`,
  })
  expect(result.passed).toBe(1)
  expect(result.skipped).toBe(2)
  expect(result.failures.map(({ name }) => name)).toEqual([
    expect.stringMatching(/a\.test\.js › two$/),
    expect.stringMatching(/b\.test\.js$/),
  ])
  expect(result.failures[1]?.detail).toContain('cannot load')
})

test('an unhandled rejection fails a run whose tests all pass', async () => {
  const result = await runTests({ 'a.test.js': `test('one', () => { Promise.reject(new Error('left alone')) })` })
  expect(result).toMatchObject({ passed: 1, failures: [{ name: 'vitest' }] })
})

test('a run that found no test has failed', async () => {
  const result = await runTests({})
  expect(result).toMatchObject({ passed: 0, failures: [{ name: 'vitest', detail: expect.stringContaining('no') }] })
})

test('a run that was killed before it could report has failed', () => {
  expect(readVitestReport(path.join(folder, 'nothing.json'), 137).failures[0]?.detail).toContain('137')
})
