/** A text that waits to be sent, and whose it is. */
export interface Outgoing {
  readonly origin: string
  readonly text: string
}

export interface OutboxOptions {
  readonly maxEvents: number
  /** UTF-16 units of all that wait. */
  readonly maxCharacters: number
}

/** What waits to be sent, bounded. What does not fit is counted: the receivers are told of as many missing. */
export interface Outbox {
  readonly size: number
  readonly dropped: number
  add(item: Outgoing): void
  /** The next of them, in order; they stay until `sent`. */
  next(limits: { readonly events: number; readonly characters: number }): readonly Outgoing[]
  /** Forgets as many of the first. */
  sent(count: number): void
  /** Forgets as many of the dropped: they have been told of. */
  told(count: number): void
}

export const createOutbox = ({ maxEvents, maxCharacters }: OutboxOptions): Outbox => {
  let waiting: Outgoing[] = []
  /** Of `waiting`, how many have gone already: shifting an array one by one would move all of it. */
  let gone = 0
  let characters = 0
  let dropped = 0

  return {
    get size() {
      return waiting.length - gone
    },
    get dropped() {
      return dropped
    },
    add: (item) => {
      if (waiting.length - gone >= maxEvents || characters + item.text.length > maxCharacters) {
        dropped++
        return
      }
      waiting.push(item)
      characters += item.text.length
    },
    next: (limits) => {
      const batch: Outgoing[] = []
      let length = 0
      for (let index = gone; index < waiting.length && batch.length < limits.events; index++) {
        const item = waiting[index] as Outgoing
        length += item.text.length
        if (batch.length > 0 && length > limits.characters) break
        batch.push(item)
      }
      return batch
    },
    sent: (count) => {
      for (const { text } of waiting.slice(gone, gone + count)) characters -= text.length
      gone += count
      if (gone * 2 < waiting.length) return
      waiting = waiting.slice(gone)
      gone = 0
    },
    told: (count) => {
      dropped -= count
    },
  }
}
