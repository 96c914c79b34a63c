import { SightlineError } from '@sightline/core/protocol'
import { expect, test } from 'vitest'
import { isRefusal } from '../src/sql-error.ts'
import type { Script } from '../src/statement.ts'
import { type WriteQueue, writeQueue } from '../src/write-queue.ts'

const runToEnd = <T>(script: Script<T>): T => {
  const { done, value } = script.next([])
  if (done !== true) throw new Error('the scripts of this test take no steps')
  return value
}

/** A queue whose transactions are noted; `fails` decides which of them do. */
const openQueue = (fails: (applied: readonly string[]) => Error | null = () => null) => {
  const transactions: string[][] = []
  let applied: string[] = []
  const queue = writeQueue({
    transact: async (script) => {
      applied = []
      const answer = runToEnd(script())
      transactions.push(applied)
      const failure = fails(applied)
      if (failure !== null) throw failure
      return answer
    },
    isRefusal,
    schedule: (flush) => void setImmediate(flush),
    maxWeight: 10,
  })
  const committed: string[] = []
  const lane = (name: string) =>
    queue.lane(
      function* (requests: readonly string[]): Script<readonly string[]> {
        if (name === '') yield { sql: '', values: [], reusable: false }
        for (const request of requests) applied.push(`${name}:${request}`)
        return requests.map((request) => request.toUpperCase())
      },
      () => committed.push(name),
    )
  return { queue, lane, transactions, committed }
}

const settledQueue = async (queue: WriteQueue, results: readonly Promise<unknown>[]) => {
  const settled = await Promise.allSettled(results)
  await queue.drain()
  return settled.map((each) => (each.status === 'fulfilled' ? each.value : each.reason))
}

test('what comes in one turn shares a transaction, by lane and in order, and each gets its answer', async () => {
  const { queue, lane, transactions } = openQueue()
  const [a, b] = [lane('a'), lane('b')]
  const answers = await Promise.all([a.submit('one', 1), b.submit('two', 1), a.submit('three', 1)])
  expect(answers).toEqual(['ONE', 'TWO', 'THREE'])
  expect(transactions).toEqual([['a:one', 'a:three', 'b:two']])
  await queue.drain()
})

test('what comes while a transaction runs shares the next one', async () => {
  const { lane, transactions } = openQueue()
  const a = lane('a')
  const first = a.submit('one', 1).then(() => Promise.all([a.submit('two', 1), a.submit('three', 1)]))
  await first
  expect(transactions).toEqual([['a:one'], ['a:two', 'a:three']])
})

test('a transaction grows to its weight, and a single request may exceed it', async () => {
  const { lane, transactions } = openQueue()
  const a = lane('a')
  await Promise.all([a.submit('1', 4), a.submit('2', 6), a.submit('3', 1), a.submit('4', 100), a.submit('5', 10)])
  expect(transactions).toEqual([['a:1', 'a:2'], ['a:3'], ['a:4'], ['a:5']])
})

test('one that is refused fails alone; the others are written, in their order', async () => {
  const refusal = new SightlineError('INVALID_INPUT', 'refused')
  const { queue, lane, transactions, committed } = openQueue((applied) => (applied.includes('a:bad') ? refusal : null))
  const a = lane('a')
  const names = ['1', '2', '3', 'bad', '5', '6', '7']
  expect(
    await settledQueue(
      queue,
      names.map((name) => a.submit(name, 1)),
    ),
  ).toEqual(['1', '2', '3', refusal, '5', '6', '7'])
  const failures = transactions.filter((applied) => applied.includes('a:bad')).length
  const written = transactions.filter((applied) => !applied.includes('a:bad')).flat()
  expect(written).toEqual(['a:1', 'a:2', 'a:3', 'a:5', 'a:6', 'a:7'])
  expect(committed, 'once for each transaction that was committed').toHaveLength(transactions.length - failures)
})

test('where the database is away all fail at once, and nothing is tried again', async () => {
  const away = new SightlineError('UNAVAILABLE', 'away')
  const { queue, lane, transactions } = openQueue(() => away)
  const a = lane('a')
  expect(
    await settledQueue(
      queue,
      ['1', '2', '3'].map((name) => a.submit(name, 1)),
    ),
  ).toEqual([away, away, away])
  expect(transactions).toHaveLength(1)
})

test('drain waits for what was submitted, and for nothing else', async () => {
  const { queue, lane, transactions } = openQueue()
  await queue.drain()
  const a = lane('a')
  const results = ['1', '2'].map((name) => a.submit(name, 8))
  await queue.drain()
  expect(transactions).toEqual([['a:1'], ['a:2']])
  await Promise.all(results)
})
