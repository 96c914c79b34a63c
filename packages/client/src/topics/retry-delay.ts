const firstMs = 100
const longestMs = 5_000

/** Wait this long without a fault, in ms, and the next one counts as the first. */
export const quietMs = 10_000

/** How long to wait before asking again: nothing the first time, then doubling from 100 ms to 5 s, spread by half. In ms. */
export const retryDelayMs = (faults: number, random: () => number): number =>
  faults === 0 ? 0 : Math.min(firstMs * 2 ** (faults - 1), longestMs) * (0.5 + random() / 2)
