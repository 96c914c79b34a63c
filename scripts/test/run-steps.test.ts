import { expect, test } from 'vitest'
import { runSteps, selectSteps } from '../checks/run-steps.ts'
import type { Step, StepResult } from '../checks/step.ts'
import { steps as allSteps } from '../checks/steps.ts'

const silent = { now: () => 0, started: () => {}, finished: () => {} }
const passed = (count: number): StepResult => ({ passed: count, skipped: 0, failures: [] })

const step = (name: string, options: Partial<Step> = {}): Step => ({
  name,
  about: name,
  run: () => Promise.resolve(passed(1)),
  ...options,
})

/** Steps that note when they begin and end, and how many ran beside them. */
const recorded = () => {
  const log: string[] = []
  let running = 0
  let most = 0
  const make = (name: string, options: Partial<Step> = {}): Step =>
    step(name, {
      ...options,
      run: async () => {
        running += 1
        most = Math.max(most, running)
        log.push(`${name} begins beside ${running - 1}`)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        log.push(`${name} ends`)
        return passed(1)
      },
    })
  return { log, make, most: () => most }
}

test('answers in the order of the steps, whatever order they end in', async () => {
  const finished = await runSteps(
    [step('slow', { run: () => new Promise((resolve) => setTimeout(() => resolve(passed(2)), 20)) }), step('quick')],
    silent,
  )
  expect(finished.map(({ name, result }) => [name, result.passed])).toEqual([
    ['slow', 2],
    ['quick', 1],
  ])
})

test('a step that throws is a failure, and those after it still run', async () => {
  const finished = await runSteps(
    [step('broken', { run: () => Promise.reject(new Error('no disk')) }), step('next', { after: ['broken'] })],
    silent,
  )
  expect(finished[0]?.result).toMatchObject({
    passed: 0,
    failures: [{ name: 'broken', detail: expect.stringContaining('no disk') }],
  })
  expect(finished[1]?.result).toEqual(passed(1))
})

test('two run side by side, one that wants to be alone does not', async () => {
  const { log, make, most } = recorded()
  await runSteps([make('a'), make('b'), make('alone', { alone: true }), make('c')], silent)
  expect(most()).toBe(2)
  expect(log).toContain('alone begins beside 0')
  expect(log.indexOf('alone ends')).toBe(log.indexOf('alone begins beside 0') + 1)
})

test('a step waits for those it comes after', async () => {
  const { log, make } = recorded()
  await runSteps([make('last', { after: ['first'] }), make('first')], silent)
  expect(log).toEqual(['first begins beside 0', 'first ends', 'last begins beside 0', 'last ends'])
})

test('steps that wait for each other are said so', async () => {
  await expect(runSteps([step('a', { after: ['b'] }), step('b', { after: ['a'] })], silent)).rejects.toThrow('a, b')
})

test('a chosen step brings what it stands on, in order', () => {
  const known = [step('first'), step('other'), step('second', { after: ['first'] }), step('third', { after: ['second'] })]
  expect(selectSteps(known, ['third']).map(({ name }) => name)).toEqual(['first', 'second', 'third'])
  expect(selectSteps(known, [])).toEqual(known)
  expect(() => selectSteps(known, ['nothing'])).toThrow('no step is called nothing')
})

test('the steps of npm test have names of their own and stand on steps that exist', () => {
  const names = allSteps.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(allSteps.flatMap(({ after }) => after ?? []).filter((name) => !names.includes(name))).toEqual([])
})
