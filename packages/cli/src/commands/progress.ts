/** Tells on standard error how far a long work has come: one line that is written over on a terminal, now and then a line elsewhere. */
export interface Progress {
  tell(text: string): void
  end(): void
}

export interface ProgressOptions {
  readonly stream: { readonly isTTY?: boolean; write(text: string): unknown }
  /** ms. */
  now(): number
}

const TERMINAL_MS = 100
const LOG_MS = 5_000

export const createProgress = ({ stream, now }: ProgressOptions): Progress => {
  const isTerminal = stream.isTTY === true
  // What is done at once needs no words.
  let toldAt = now()
  let isOpen = false
  return {
    tell: (text) => {
      if (now() - toldAt < (isTerminal ? TERMINAL_MS : LOG_MS)) return
      toldAt = now()
      // Erases to the end of the line: the text before may have been longer.
      stream.write(isTerminal ? `\r${text}\u001b[K` : `${text}\n`)
      isOpen = isTerminal
    },
    end: () => {
      if (isOpen) stream.write('\r\u001b[K')
      isOpen = false
    },
  }
}
