import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { storageConformance } from '../../src/index.ts'
import { failuresOf, recordingRunner } from '../broken/recording-runner.ts'
import { type BreakStepwise, stepwiseSubject } from './stepwise-subject.ts'

const reason = 'it lives in the memory of the tests'

storageConformance({
  name: 'stepwise, without transactions',
  runner: { describe, test },
  open: async () => stepwiseSubject(),
  exceptions: [
    { test: 'recovery: killed with SIGKILL while it writes: nothing acknowledged is lost, nothing stays half done', reason },
    { test: 'lifecycle: close leaves a connection open that the driver did not open', reason },
    { test: 'lifecycle: a store that cannot be reached is UNAVAILABLE or a TIMEOUT, and never "not found"', reason },
  ],
})

const stepByStep = 'recovery: killed between any two steps: nothing acknowledged is lost, nothing stays half done'

const faults: Readonly<Record<string, BreakStepwise>> = {
  'recover does nothing': (driver) => ({ ...driver, recover: async () => 0 }),
  'recover forgets what was begun': (driver, journal) => ({
    ...driver,
    recover: async () => {
      const count = journal.size
      journal.clear()
      return count
    },
  }),
  'recover repeats with ids of its own, and takes its own work for another’s': (driver, journal) => ({
    ...driver,
    recover: async () => {
      for (const [name, commit] of [...journal]) {
        journal.delete(name)
        await driver.commit([{ ...commit, write: { ...commit.write, writeId: randomUUID() } }])
      }
      return 0
    },
  }),
  'recover begins and does not end': (driver) => ({ ...driver, recover: async () => (await driver.recover()) + 1 }),
  'a commit is acknowledged before it is written down': (driver) => ({
    ...driver,
    commit: async (commits) => {
      const outcomes = driver.commit(commits.map(({ write }) => Object.assign({ write }, { then: [] })))
      void driver.commit(commits)
      return outcomes
    },
  }),
}

describe('a recovery that does not do its work is noticed', () => {
  test.each(Object.entries(faults))('%s', async (_, breakIt) => {
    const { runner, tests } = recordingRunner()
    storageConformance({ name: 'stepwise', runner, open: async () => stepwiseSubject(breakIt) })
    expect(await failuresOf(tests.filter(({ name }) => name === stepByStep))).toEqual([stepByStep])
  })
})
