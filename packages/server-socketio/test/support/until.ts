/** Resolves with the first answer of `ask` that is neither null, undefined nor false. */
export const until = async <T>(
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  withinMs = 10_000,
): Promise<T> => {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false) return answer
    if (performance.now() > giveUpAt) throw new Error(`did not happen within ${withinMs} ms: ${ask.toString().slice(0, 200)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
