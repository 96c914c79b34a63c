/** Who wants to be told. */
export interface Listeners {
  /** Returns its undo. The same function added twice is told twice. */
  add(listener: () => void): () => void
  /** Tells everybody; what a listener throws surfaces as an uncaught error, and keeps nobody else from hearing. */
  emit(): void
}

export const createListeners = (): Listeners => {
  const all = new Set<{ readonly listener: () => void }>()
  return {
    add: (listener) => {
      const entry = { listener }
      all.add(entry)
      return () => {
        all.delete(entry)
      }
    },
    emit: () => {
      for (const { listener } of [...all]) {
        try {
          listener()
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
