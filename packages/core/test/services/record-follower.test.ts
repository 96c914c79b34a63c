import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { StorageDriver } from '../../src/ports/storage.ts'
import { createRecordFollower, type Learned } from '../../src/services/record-follower.ts'
import { SERVICES, type ServiceRecord } from '../../src/services/service-record.ts'
import { testClock } from '../../src/testing/index.ts'

const team = 'default'

const setUp = async () => {
  const clock = testClock()
  const driver = memoryStorage({ store: memoryStore(), clock })
  await driver.connect({ collections: [SERVICES] as never, format: { writes: 1, reads: 1 } })
  const learned: Learned<ServiceRecord>[][] = []
  let state: 'up' | 'away' = 'up'
  /** Runs between a read of storage and its answer. */
  let between = async (): Promise<void> => {}
  let reads = 0
  const follower = createRecordFollower({
    definition: SERVICES,
    link: {
      get state() {
        return state
      },
      run: async <T>(call: (driver: StorageDriver) => Promise<T>) => {
        if (state === 'away') throw new SightlineError('UNAVAILABLE', 'away')
        reads++
        const answer = await call(driver)
        const work = between
        between = async () => {}
        await work()
        return answer
      },
    },
    clock,
    logger: silentLogger(),
    reconcileMs: 1_000,
    onLearned: (changes) => void learned.push([...changes]),
  })
  let writes = 0
  const write = async (id: string, title: string | null) => {
    const [before] = await driver.collection(SERVICES).load({ team }, [id])
    const [outcome] = await driver.commit([
      {
        write: {
          store: SERVICES.name,
          id,
          team,
          expected: before?.version ?? null,
          writeId: `w${++writes}`,
          at: 0,
          value: title === null ? null : { kind: 'service', name: id, title },
          ...(title === null ? { deleted: true as const } : {}),
        },
        then: [],
      },
    ])
    if (outcome?.ok !== true) throw new Error('refused')
    return { team, id, record: title === null ? null : { ...outcome.record, value: SERVICES.parse(outcome.record.value) } }
  }
  const title = (id: string) => (follower.get(team, id)?.value as { title?: string } | undefined)?.title ?? null
  return {
    clock,
    follower,
    learned,
    write,
    title,
    set state(next: 'up' | 'away') {
      state = next
    },
    set between(next: () => Promise<void>) {
      between = next
    },
    get reads() {
      return reads
    },
  }
}

test('records that came, changed and went are learned in the rhythm, all of a round at once', async () => {
  const t = await setUp()
  await t.write('a', 'A')
  await t.write('b', 'B')
  await t.follower.start()
  expect(t.learned).toHaveLength(1)
  expect(t.learned[0]?.map(({ id }) => id).sort()).toEqual(['a', 'b'])
  await t.write('a', 'A2')
  await t.write('b', null)
  await t.write('c', 'C')
  await t.clock.advance(1_000)
  expect([t.title('a'), t.title('b'), t.title('c')]).toEqual(['A2', null, 'C'])
  const reads = t.reads
  await t.clock.advance(5_000)
  // Nothing is new: heads only.
  expect(t.reads).toBe(reads + 5)
  t.follower.stop()
  expect(t.clock.pending).toBe(0)
})

test('what this process wrote while storage was read is not undone by what was read', async () => {
  const t = await setUp()
  await t.write('a', 'A')
  await t.follower.start()
  t.between = async () => t.follower.wrote(await t.write('a', 'A2'))
  await t.follower.compare()
  expect(t.title('a')).toBe('A2')
  t.between = async () => t.follower.wrote(await t.write('new', 'N'))
  await t.follower.compare()
  expect(t.title('new')).toBe('N')
  t.between = async () => t.follower.wrote(await t.write('new', null))
  await t.follower.compare()
  expect(t.title('new')).toBeNull()
  // A re-insert begins another epoch.
  t.between = async () => t.follower.wrote(await t.write('new', 'N2'))
  await t.follower.compare()
  expect(t.title('new')).toBe('N2')
  await t.follower.compare()
  expect(t.title('new')).toBe('N2')
  t.follower.stop()
})

test('the answer to an earlier write that comes late changes nothing', async () => {
  const t = await setUp()
  const first = await t.write('a', 'A')
  const second = await t.write('a', 'A2')
  t.follower.wrote(second)
  t.follower.wrote(first)
  expect(t.title('a')).toBe('A2')
  t.follower.stop()
})

test('while storage is away what was known stands; a hint during a round is followed by another round', async () => {
  const t = await setUp()
  await t.write('a', 'A')
  await t.follower.start()
  t.state = 'away'
  await t.clock.advance(10_000)
  expect(t.title('a')).toBe('A')
  t.state = 'up'
  t.between = async () => {
    await t.write('late', 'L')
    void t.follower.compare()
  }
  await t.follower.compare()
  expect(t.title('late')).toBe('L')
  t.follower.stop()
})
