/** What waits to be sent: bounded in number and bytes; what is oldest goes first where there is no room. */
export interface BoundedQueue {
  readonly length: number
  readonly bytes: number
  /** How many were given up. */
  readonly dropped: number
  add(text: string): void
  /** The oldest; they are gone from the queue. */
  take(limits: { readonly maxCount: number; readonly maxBytes: number }): readonly string[]
  /** Not sent after all: the next to be taken, as far as there is room. */
  putBack(texts: readonly string[]): void
  /** Not sent, and not to be. */
  giveUp(texts: readonly string[]): void
}

export interface BoundedQueueOptions {
  readonly maxCount: number
  readonly maxBytes: number
}

export const createBoundedQueue = ({ maxCount, maxBytes }: BoundedQueueOptions): BoundedQueue => {
  let items: { readonly text: string; readonly bytes: number }[] = []
  /** Items before it are gone. */
  let head = 0
  let bytes = 0
  let dropped = 0

  const shift = (): { readonly text: string; readonly bytes: number } | undefined => {
    const item = items[head]
    if (item === undefined) return undefined
    head++
    bytes -= item.bytes
    if (head > 1_000 && head * 2 > items.length) {
      items = items.slice(head)
      head = 0
    }
    return item
  }

  const makeRoom = (): void => {
    while (items.length - head > maxCount || bytes > maxBytes) {
      if (shift() === undefined) return
      dropped++
    }
  }

  return {
    get length() {
      return items.length - head
    },
    get bytes() {
      return bytes
    },
    get dropped() {
      return dropped
    },
    add: (text) => {
      const item = { text, bytes: Buffer.byteLength(text) }
      if (item.bytes > maxBytes) {
        dropped++
        return
      }
      items.push(item)
      bytes += item.bytes
      makeRoom()
    },
    take: (limits) => {
      const taken: string[] = []
      let size = 0
      for (let next = items[head]; next !== undefined && taken.length < limits.maxCount; next = items[head]) {
        if (taken.length > 0 && size + next.bytes > limits.maxBytes) break
        size += next.bytes
        taken.push(next.text)
        shift()
      }
      return taken
    },
    putBack: (texts) => {
      const returned = texts.map((text) => ({ text, bytes: Buffer.byteLength(text) }))
      items = [...returned, ...items.slice(head)]
      head = 0
      for (const item of returned) bytes += item.bytes
      makeRoom()
    },
    giveUp: (texts) => {
      dropped += texts.length
    },
  }
}
