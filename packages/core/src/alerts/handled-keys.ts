/** Keys that were dealt with; of very many the oldest are forgotten. */
export interface HandledKeys {
  has(key: string): boolean
  add(key: string): void
  clear(): void
}

const MOST_HANDLED = 50_000

export const createHandledKeys = (): HandledKeys => {
  const keys = new Set<string>()
  return {
    has: (key) => keys.has(key),
    add: (key) => {
      // Set anew, so that the oldest comes first.
      keys.delete(key)
      keys.add(key)
      const [oldest] = keys
      if (keys.size > MOST_HANDLED && oldest !== undefined) keys.delete(oldest)
    },
    clear: () => keys.clear(),
  }
}
