import type { Clock } from '../ports/clock.ts'

/** How long a command's answer is remembered under its idempotency key, in ms, and how many are. */
const REMEMBER_MS = 600_000
const REMEMBERED = 10_000

/** Runs work once for a key: who repeats it, meanwhile or soon after, gets the first answer. A failure is forgotten. */
export const createCallMemory = ({
  clock,
}: {
  readonly clock: Clock
}): ((key: string, work: () => Promise<unknown>) => Promise<unknown>) => {
  const answers = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>()

  const forgetOld = (): void => {
    const since = clock.monotonic() - REMEMBER_MS
    for (const [key, { at }] of answers) {
      if (answers.size <= REMEMBERED && at >= since) return
      answers.delete(key)
    }
  }

  return (key, work) => {
    forgetOld()
    const known = answers.get(key)
    if (known !== undefined) return known.answer
    const answer = work()
    const remembered = { at: clock.monotonic(), answer }
    answers.set(key, remembered)
    answer.catch(() => {
      // Under the same key there may be a later one by now.
      if (answers.get(key) === remembered) answers.delete(key)
    })
    return answer
  }
}
