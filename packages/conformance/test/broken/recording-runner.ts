import type { TestRunner } from '../../src/index.ts'

export interface RecordedTest {
  /** `<group>: <title>`, as a list of exceptions names it. */
  readonly name: string
  run(): Promise<void>
}

/** A runner that runs nothing: it collects the tests that a suite registers. */
export const recordingRunner = (): { readonly runner: TestRunner; readonly tests: readonly RecordedTest[] } => {
  const path: string[] = []
  const tests: RecordedTest[] = []
  return {
    tests,
    runner: {
      describe: (name, body) => {
        path.push(name)
        body()
        path.pop()
      },
      test: (title, run) => {
        // The first name on the path is the suite's.
        tests.push({ name: `${path.slice(1).join(' > ')}: ${title}`, run })
      },
    },
  }
}

/** The names of the tests that fail, or do not end within `patienceMs`. */
export const failuresOf = async (tests: readonly RecordedTest[], patienceMs = 2_000): Promise<readonly string[]> => {
  const failures: string[] = []
  for (const { name, run } of tests) {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} did not end`)), patienceMs)
    })
    await Promise.race([run(), late]).catch(() => failures.push(name))
    clearTimeout(timer)
  }
  return failures
}
