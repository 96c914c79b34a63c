import type { Script } from './statement.ts'

/** One kind of write. What is submitted to it while another transaction runs is applied together, in the order it came. */
export interface Lane<Request, Answer> {
  /** `weight` is about how many rows it writes. */
  submit(request: Request, weight: number): Promise<Answer>
}

/** Collects writes into transactions: one commit, and one wait for the disk, serves everyone who came meanwhile. */
export interface WriteQueue {
  /** `apply` answers each request, in order; `committed` is called when what it did is. */
  lane<Request, Answer>(
    apply: (requests: readonly Request[]) => Script<readonly Answer[]>,
    committed?: () => void,
  ): Lane<Request, Answer>
  /** Resolves when what was submitted is settled. */
  drain(): Promise<void>
}

interface WriteQueueOptions {
  transact<T>(script: () => Script<T>): Promise<T>
  /** Would other requests of a failed transaction fare better without the one at fault? */
  isRefusal(thrown: unknown): boolean
  /** Calls once this turn's requests have come in; later, where the database is to rest first. */
  schedule(flush: () => void): void
  /** Rows a transaction may grow to; a single request may exceed it. */
  readonly maxWeight: number
}

interface Pending {
  readonly lane: number
  readonly request: unknown
  readonly weight: number
  resolve(answer: unknown): void
  reject(reason: unknown): void
}

export const writeQueue = ({ transact, isRefusal, schedule, maxWeight }: WriteQueueOptions): WriteQueue => {
  const lanes: { apply(requests: readonly unknown[]): Script<readonly unknown[]>; committed(): void }[] = []
  const idle: (() => void)[] = []
  const pending: Pending[] = []
  let isBusy = false

  const takeBatch = (): readonly Pending[] => {
    let weight = pending[0]?.weight ?? 0
    let end = 1
    for (; end < pending.length; end++) {
      weight += (pending[end] as Pending).weight
      if (weight > maxWeight) break
    }
    return pending.splice(0, end)
  }

  function* applyBatch(batch: readonly Pending[]): Script<ReadonlyMap<Pending, unknown>> {
    const answers = new Map<Pending, unknown>()
    for (const [lane, { apply }] of lanes.entries()) {
      const requests = batch.filter((each) => each.lane === lane)
      if (requests.length === 0) continue
      const answered = yield* apply(requests.map(({ request }) => request))
      requests.forEach((each, index) => void answers.set(each, answered[index]))
    }
    return answers
  }

  /** One that is refused must not fail the others: the batch is halved until it stands alone. */
  const settle = async (batch: readonly Pending[]): Promise<void> => {
    try {
      const answers = await transact(() => applyBatch(batch))
      for (const lane of new Set(batch.map((each) => each.lane))) lanes[lane]?.committed()
      for (const each of batch) each.resolve(answers.get(each))
    } catch (thrown) {
      if (batch.length === 1 || !isRefusal(thrown)) {
        for (const each of batch) each.reject(thrown)
        return
      }
      const half = Math.ceil(batch.length / 2)
      await settle(batch.slice(0, half))
      await settle(batch.slice(half))
    }
  }

  const flush = (): void => {
    void settle(takeBatch()).then(next)
  }

  const next = (): void => {
    isBusy = pending.length > 0
    if (isBusy) schedule(flush)
    else for (const resolve of idle.splice(0)) resolve()
  }

  return {
    lane: <Request, Answer>(
      apply: (requests: readonly Request[]) => Script<readonly Answer[]>,
      committed: () => void = () => {},
    ): Lane<Request, Answer> => {
      const lane = lanes.push({ apply: apply as (typeof lanes)[number]['apply'], committed }) - 1
      return {
        submit: (request, weight) =>
          new Promise<Answer>((resolve, reject) => {
            pending.push({ lane, request, weight, resolve: resolve as (answer: unknown) => void, reject })
            if (isBusy) return
            isBusy = true
            schedule(flush)
          }),
      }
    },
    drain: () => (isBusy ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve()),
  }
}
