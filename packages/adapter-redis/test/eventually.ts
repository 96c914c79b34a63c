/** Resolves once it is so; fails after `withinMs`. */
export const eventually = async (what: string, isSo: () => boolean | Promise<boolean>, withinMs = 40_000): Promise<void> => {
  for (const giveUpAt = performance.now() + withinMs; !(await isSo()); ) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
