import { expect, test } from 'vitest'
import { type TargetState, unknownTarget } from '../../src/snapshots/decide-replace.ts'
import { type TargetMemory, targetMemory } from '../../src/snapshots/target-memory.ts'
import type { Script } from '../../src/statement.ts'

/** A memory over a database that others write to whenever `others.write()` says so. */
const openMemory = (isTrusted = true) => {
  let isAlone = true
  const memory = targetMemory(
    {
      *areAlone(): Script<boolean> {
        yield { sql: 'ask', values: [], reusable: true }
        const answer = isAlone
        isAlone = true
        return answer
      },
    },
    { isTrusted },
  )
  const othersWrite = (): void => {
    isAlone = false
  }
  return { memory, othersWrite }
}

const begin = (memory: TargetMemory): void => {
  const script = memory.begin()
  while (script.next([]).done !== true);
}

const revised = (revision: number): TargetState => ({ ...unknownTarget, revision })

test('what a transaction found and made is known within it, and after it where it was committed', () => {
  const { memory } = openMemory()
  begin(memory)
  expect(memory.get('a')).toBe(undefined)
  memory.stage('a', revised(1))
  expect(memory.get('a')).toEqual(revised(1))
  memory.adopt()
  begin(memory)
  expect(memory.get('a')).toEqual(revised(1))
  memory.stage('a', revised(2))
  memory.adopt()
  begin(memory)
  expect(memory.get('a')).toEqual(revised(2))
})

test('where a transaction failed, or may have, nothing is believed any more', () => {
  const { memory } = openMemory()
  begin(memory)
  memory.stage('a', revised(1))
  memory.stage('b', revised(1))
  memory.adopt()
  begin(memory)
  memory.stage('a', revised(2))
  begin(memory)
  expect([memory.get('a'), memory.get('b')]).toEqual([undefined, undefined])
})

test('where others have written, nothing is believed any more', () => {
  const { memory, othersWrite } = openMemory()
  begin(memory)
  memory.stage('a', revised(1))
  memory.adopt()
  othersWrite()
  begin(memory)
  expect(memory.get('a')).toBe(undefined)
})

test('what is forgotten is forgotten within the transaction and after it', () => {
  const { memory } = openMemory()
  begin(memory)
  memory.stage('a', revised(1))
  memory.adopt()
  begin(memory)
  memory.stage('a', revised(2))
  memory.forget('a')
  expect(memory.get('a')).toBe(undefined)
  memory.adopt()
  begin(memory)
  expect(memory.get('a')).toBe(undefined)
})

test('a memory that does not keep knows one transaction only', () => {
  const { memory } = openMemory(false)
  begin(memory)
  memory.stage('a', revised(1))
  expect(memory.get('a')).toEqual(revised(1))
  memory.adopt()
  begin(memory)
  expect(memory.get('a')).toBe(undefined)
})

test('it starts anew where it has grown large', () => {
  const { memory } = openMemory()
  begin(memory)
  for (let index = 0; index <= 20_000; index++) memory.stage(`t${index}`, revised(1))
  memory.adopt()
  begin(memory)
  expect(memory.get('t0')).toBe(undefined)
})
