import { expect } from 'vitest'

/** A page and six servers on a busy machine take their time: asserts as soon as it holds, and gives up late. */
export const eventually = <T>(read: () => T | Promise<T>, { interval = 50 }: { readonly interval?: number } = {}) =>
  expect.poll(read, { timeout: 45_000, interval })
