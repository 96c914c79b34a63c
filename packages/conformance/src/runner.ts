/** What a suite asks of the test runner; vitest's, Jest's and node:test's `describe` and `test` fit as they are. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  /** `timeoutMs` is given where a test may take long on a busy machine: it starts processes. */
  test(name: string, body: () => Promise<void>, timeoutMs?: number): unknown
}

/**
 * A promise this adapter is known not to keep, by the test's full name (`<group>: <title>`), and why. The test still runs and is reported
 * as `exception: …`; once it passes, the exception is stale and fails.
 */
export interface Exception {
  readonly test: string
  readonly reason: string
}

/** Tests of one promise or a few, by title. Plain data, so that a suite can be listed, filtered and run by anything. */
export interface Group<C> {
  readonly name: string
  /** @default the runner's */
  readonly timeoutMs?: number
  readonly tests: Readonly<Record<string, (context: C) => Promise<void>>>
}

interface SuiteOptions<C> {
  readonly name: string
  readonly runner: TestRunner
  readonly groups: readonly Group<C>[]
  readonly exceptions: readonly Exception[]
  /** Opens a fresh subject for one test; `dispose` leaves nothing behind. */
  open(): Promise<{ readonly context: C; dispose(): Promise<void> }>
}

/** Registers every test of the groups with the runner, each on a subject of its own. */
export const registerSuite = <C>({ name, runner, groups, exceptions, open }: SuiteOptions<C>): void => {
  const run = async (body: (context: C) => Promise<void>): Promise<void> => {
    const { context, dispose } = await open()
    let failure: { readonly thrown: unknown } | null = null
    try {
      await body(context)
    } catch (thrown) {
      failure = { thrown }
    }
    try {
      await dispose()
    } catch (thrown) {
      // What the test itself found says more than what its clean-up stumbled over.
      failure ??= { thrown }
    }
    if (failure !== null) throw failure.thrown
  }

  // Before anything is registered: a runner may well call the bodies of nested groups later.
  const titles = new Set(groups.flatMap((group) => Object.keys(group.tests).map((title) => fullNameOf(group, title))))

  runner.describe(name, () => {
    for (const group of groups) {
      runner.describe(group.name, () => {
        for (const [title, body] of Object.entries(group.tests)) {
          const fullName = fullNameOf(group, title)
          const exception = exceptions.find(({ test }) => test === fullName)
          if (exception === undefined) runner.test(title, () => run(body), group.timeoutMs)
          else {
            runner.test(
              `exception: ${title} (${exception.reason})`,
              () => expectFailure(fullName, () => run(body)),
              group.timeoutMs,
            )
          }
        }
      })
    }
    for (const { test } of exceptions) {
      if (titles.has(test)) continue
      runner.test(`exception: ${test}`, async () => {
        throw new Error(`The list of exceptions names a test that does not exist: ${test}`)
      })
    }
  })
}

/** How a list of exceptions names a test. */
const fullNameOf = (group: { readonly name: string }, title: string): string => `${group.name}: ${title}`

const expectFailure = async (fullName: string, run: () => Promise<void>): Promise<void> => {
  const failed = await run().then(
    () => false,
    () => true,
  )
  if (!failed) throw new Error(`This exception is stale, the test passes; take it off the list: ${fullName}`)
}
