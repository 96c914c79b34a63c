import type { AnswerCache } from './answer-cache.ts'
import type { Operation } from './define-operation.ts'
import type { OperationRegistry } from './registry.ts'

export interface WarmUpOptions {
  readonly operations: ReadonlyMap<string, Operation>
  readonly registry: OperationRegistry
  readonly answers: Pick<AnswerCache, 'failures'>
}

/** Has answers made that will soon be asked for, so that the cache holds them before anybody waits. */
export interface WarmUp {
  /** In the background and one after the other; what the cache holds already costs a look at it. */
  start(): void
  stop(): void
}

/** An installation with more is warm enough. */
const MOST = 1_000

function* likelyCalls(operations: ReadonlyMap<string, Operation>) {
  for (const [operation, { likely }] of operations) {
    for (const question of likely?.() ?? []) yield { operation, ...question }
  }
}

export const createWarmUp = ({ operations, registry, answers }: WarmUpOptions): WarmUp => {
  let isOver = false

  const run = async (): Promise<void> => {
    const failures = answers.failures
    let asked = 0
    for (const call of likelyCalls(operations)) {
      // Where the cache fails, nothing that is made now is there when it is asked for.
      if (isOver || answers.failures > failures || asked++ === MOST) return
      await registry.call({ ...call, principal: 'system' })
    }
  }

  return {
    start: () => {
      // Where storage does not answer now, whoever asks has it made.
      void run().catch(() => {})
    },
    stop: () => {
      isOver = true
    },
  }
}
