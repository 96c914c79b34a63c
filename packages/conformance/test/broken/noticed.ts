import { describe, expect, test } from 'vitest'
import { failuresOf, type RecordedTest } from './recording-runner.ts'

interface Broken {
  readonly breaks: string
  readonly noticedBy: readonly string[]
}

export interface NoticedOptions<F extends Broken> {
  readonly suite: string
  readonly faults: readonly F[]
  /** The tests of the suite over a sound subject, or over one with the fault. */
  testsOver(fault: F | null): readonly RecordedTest[]
}

/** Every fault fails the tests that it names, and every test of the suite is named by a fault. */
export const describeFaults = <F extends Broken>({ suite, faults, testsOver }: NoticedOptions<F>): void => {
  describe(`${suite}: each broken promise is noticed`, () => {
    test.each(faults.map((fault) => [fault.breaks, fault] as const))('%s', async (_, fault) => {
      const tests = testsOver(fault).filter(({ name }) => fault.noticedBy.includes(name))
      expect(tests.map(({ name }) => name).toSorted()).toEqual([...new Set(fault.noticedBy)].toSorted())
      expect((await failuresOf(tests)).toSorted()).toEqual(tests.map(({ name }) => name).toSorted())
    })
  })
}

/** Every test of the suite passes on a sound subject, and some fault makes it fail. */
export const describeCoverage = <F extends Broken>({ suite, faults, testsOver }: NoticedOptions<F>): void => {
  describe(`${suite}: no test is there for nothing`, () => {
    test('every test is named by a fault', () => {
      const named = new Set(faults.flatMap(({ noticedBy }) => noticedBy))
      expect(
        testsOver(null)
          .map(({ name }) => name)
          .filter((name) => !named.has(name)),
      ).toEqual([])
    })

    test('every fault is one of its own', () => {
      const titles = faults.map(({ breaks }) => breaks)
      expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
    })

    test('a sound subject passes in full', async () => {
      expect(await failuresOf(testsOver(null), 15_000)).toEqual([])
    }, 60_000)
  })
}
