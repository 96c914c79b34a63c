import { describe, expect, test } from 'vitest'
import { registerSuite } from '../src/runner.ts'
import { failuresOf, recordingRunner } from './broken/recording-runner.ts'

const suiteWith = (exceptions: readonly { readonly test: string; readonly reason: string }[], log: string[] = []) => {
  const { runner, tests } = recordingRunner()
  registerSuite<{ readonly id: number }>({
    name: 'suite',
    runner,
    exceptions,
    groups: [
      {
        name: 'one',
        tests: {
          passes: async ({ id }) => void log.push(`passes ${id}`),
          fails: async () => Promise.reject(new Error('broken')),
        },
      },
      { name: 'two', tests: { passes: async ({ id }) => void log.push(`passes too ${id}`) } },
    ],
    open: async () => {
      const id = log.push('open')
      return { context: { id }, dispose: async () => void log.push(`dispose ${id}`) }
    },
  })
  return tests
}

describe('registerSuite', () => {
  test('every test runs on a subject of its own, disposed of whatever happens', async () => {
    const log: string[] = []
    const tests = suiteWith([], log)
    expect(tests.map(({ name }) => name)).toEqual(['one: passes', 'one: fails', 'two: passes'])
    expect(await failuresOf(tests)).toEqual(['one: fails'])
    expect(log).toEqual(['open', 'passes 1', 'dispose 1', 'open', 'dispose 4', 'open', 'passes too 6', 'dispose 6'])
  })

  test('an exception is reported by name and reason, and passes while the test fails', async () => {
    const tests = suiteWith([{ test: 'one: fails', reason: 'it is known' }])
    expect(tests.map(({ name }) => name)).toContain('one: exception: fails (it is known)')
    expect(await failuresOf(tests)).toEqual([])
  })

  test('an exception whose test passes is stale, and fails', async () => {
    const tests = suiteWith([
      { test: 'one: fails', reason: 'it is known' },
      { test: 'two: passes', reason: 'it was known' },
    ])
    expect(await failuresOf(tests)).toEqual(['two: exception: passes (it was known)'])
  })

  test('an exception for a test that does not exist fails', async () => {
    const tests = suiteWith([
      { test: 'one: fails', reason: 'it is known' },
      { test: 'three: none', reason: 'a slip' },
    ])
    expect(await failuresOf(tests)).toEqual([': exception: three: none'])
  })

  test('what the test found says more than what its clean-up stumbled over', async () => {
    const { runner, tests } = recordingRunner()
    registerSuite({
      name: 'suite',
      runner,
      exceptions: [],
      groups: [{ name: 'g', tests: { fails: async () => Promise.reject(new Error('found')), passes: async () => {} } }],
      open: async () => ({ context: null, dispose: async () => Promise.reject(new Error('stumbled')) }),
    })
    await expect(tests[0]?.run()).rejects.toThrow('found')
    await expect(tests[1]?.run()).rejects.toThrow('stumbled')
  })
})
