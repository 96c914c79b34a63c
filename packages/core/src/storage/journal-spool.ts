import { SightlineError } from '../errors.ts'
import type { Json } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { Spool } from '../ports/spool.ts'

/** What is in a spool, line by line, in order: a line may be forgotten at any time, and is trimmed when all before it are. */
export interface SpoolWriter<Token extends object> {
  /** Rejects where the spool does not take it. */
  append(token: Token, line: Json): Promise<void>
  forget(token: Token): void
  /** What an earlier process left. To be read before the first `append`. */
  leftovers(newToken: () => Token): AsyncIterable<{ readonly token: Token; readonly line: Json }>
  close(): Promise<void>
}

interface Line {
  readonly token: object
  isWritten: boolean
  isForgotten: boolean
}

export const createSpoolWriter = <Token extends object>({
  spool,
  logger,
}: {
  readonly spool: Spool
  readonly logger: Logger
}): SpoolWriter<Token> => {
  let lines: Line[] = []
  const appends = new Set<Promise<void>>()
  let trimming: Promise<void> | null = null

  const trimmable = (): number => {
    const kept = lines.findIndex(({ isWritten, isForgotten }) => !isWritten || !isForgotten)
    return kept === -1 ? lines.length : kept
  }

  const trimAll = async (): Promise<void> => {
    // What is forgotten in one turn goes in one step.
    await Promise.resolve()
    for (let count = trimmable(); count > 0; count = trimmable()) {
      try {
        await spool.trim(count)
      } catch (thrown) {
        // It is written to storage once more after a restart, and answers as it did.
        logger.warn({ code: SightlineError.from(thrown).code, lines: count }, 'The spool could not be trimmed.')
        return
      }
      lines.splice(0, count)
    }
  }

  const trim = (): void => {
    trimming ??= trimAll().finally(() => {
      trimming = null
    })
  }

  return {
    append: async (token, line) => {
      const entry: Line = { token, isWritten: false, isForgotten: false }
      lines.push(entry)
      const appended = spool.append(line)
      appends.add(appended)
      try {
        await appended
        entry.isWritten = true
      } catch (thrown) {
        lines = lines.filter((other) => other !== entry)
        throw thrown
      } finally {
        appends.delete(appended)
        trim()
      }
    },
    forget: (token) => {
      for (const line of lines) if (line.token === token) line.isForgotten = true
      trim()
    },
    leftovers: async function* (newToken) {
      for await (const line of spool.read()) {
        const token = newToken()
        lines.push({ token, isWritten: true, isForgotten: false })
        yield { token, line }
      }
    },
    close: async () => {
      await Promise.allSettled(appends)
      await trimming
      await spool.close().catch((thrown: unknown) => {
        logger.warn({ code: SightlineError.from(thrown).code }, 'The spool did not close cleanly.')
      })
    },
  }
}
