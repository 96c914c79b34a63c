import { afterEach, expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { memorySpool, memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { CollectionDefinition, Commit, Stored } from '../../src/ports/collections.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { Spool } from '../../src/ports/spool.ts'
import { createJournal, type Journal } from '../../src/storage/journal.ts'
import { createStorageLink } from '../../src/storage/storage-link.ts'
import { testClock } from '../../src/testing/fake-clock.ts'
import { switchableStorage, type Trouble } from '../engine/support/switchable-storage.ts'

interface Note {
  readonly text: string
  readonly holder?: string
}

const NOTES: CollectionDefinition<Note> = {
  name: 'test.notes',
  parse: (raw) => raw as Note,
  indexes: {},
  unique: { holder: ({ holder }) => holder ?? null },
}

const insert = (id: string, value: Note = { text: id }): Commit => ({
  write: { store: NOTES.name, id, team: 'default', expected: null, writeId: `write ${id} ${value.text}`, at: 1, value },
  then: [],
})

const journals: Journal[] = []
afterEach(async () => {
  for (const journal of journals.splice(0)) await journal.stop({ timeoutMs: 0 })
})

const setUp = async ({
  spool = memorySpool(),
  store = memoryStore(),
  trouble = 'none' as Trouble,
  isStarted = true,
}: {
  spool?: Spool
  store?: ReturnType<typeof memoryStore>
  trouble?: Trouble
  isStarted?: boolean
} = {}) => {
  const clock = testClock()
  const storage = switchableStorage(memoryStorage({ store, clock }), trouble)
  const link = createStorageLink({
    driver: storage,
    plan: { collections: [NOTES], format: { writes: 1, reads: 1 } },
    clock,
    random: () => 0.5,
    logger: silentLogger(),
    timeoutMs: 500,
    prove: async () => {},
    onUp: () => journal.storageUp(),
    onAway: () => {},
  })
  const journal = createJournal({ link, spool, clock, logger: silentLogger() })
  journals.push(journal)
  const opening = link.open()
  await clock.advance(600)
  await opening
  if (isStarted) await journal.start()
  const reader = memoryStorage({ store, clock })
  await reader.connect({ collections: [NOTES], format: { writes: 1, reads: 1 } })
  const load = async (...ids: string[]) =>
    (await reader.collection(NOTES).load({ team: 'default' }, ids)).map((stored) => stored?.value.text ?? null)
  return { clock, storage, link, journal, spool, store, load }
}

const linesOf = async (spool: Spool): Promise<string[]> => {
  const ids: string[] = []
  for await (const line of spool.read()) ids.push((JSON.parse(line) as { commit: Commit }).commit.write.id)
  return ids
}

test('while storage answers nothing goes through the spool; what is given in one turn goes in one call', async () => {
  const { journal, storage, spool, load } = await setUp()
  const before = storage.calls.get('commit') ?? 0
  const written = await Promise.all(['a', 'b', 'c'].map((id) => journal.write(insert(id))))
  expect(written.every((outcome) => outcome !== 'spooled' && outcome.ok)).toBe(true)
  expect((storage.calls.get('commit') ?? 0) - before).toBe(1)
  expect(await linesOf(spool)).toEqual([])
  expect(await load('a', 'b', 'c')).toEqual(['a', 'b', 'c'])
  expect(await journal.write(insert('a', { text: 'other' }))).toMatchObject({ ok: false, reason: 'conflict' })
})

test('while storage is away a write is in the spool at once, in order, and is stored in order when it is back', async () => {
  const { journal, storage, spool, clock, load } = await setUp()
  storage.trouble = 'refuses'
  const stored: string[] = []
  journal.subscribe(({ write }) => void stored.push(write.id))
  expect(await journal.write(insert('a'))).toBe('spooled')
  expect(await journal.write(insert('b'))).toBe('spooled')
  expect(journal.waiting.map(({ write }) => write.id)).toEqual(['a', 'b'])
  expect(await linesOf(spool)).toEqual(['a', 'b'])
  storage.trouble = 'none'
  await clock.advance(5_000)
  expect(stored).toEqual(['a', 'b'])
  expect(journal.waiting).toEqual([])
  expect(await linesOf(spool)).toEqual([])
  expect(await load('a', 'b')).toEqual(['a', 'b'])
})

test('storage that hangs holds a write up for 200 ms, not longer', async () => {
  const { journal, storage, clock, load } = await setUp()
  storage.trouble = 'hangs'
  const startedAt = clock.monotonic()
  const took: number[] = []
  const writes = ['a', 'b'].map((id) =>
    journal.write(insert(id)).then((written) => {
      took.push(clock.monotonic() - startedAt)
      return written
    }),
  )
  await clock.advance(10_000)
  expect(await Promise.all(writes)).toEqual(['spooled', 'spooled'])
  expect(Math.max(...took)).toBeLessThanOrEqual(200)
  storage.trouble = 'none'
  await clock.advance(5_000)
  expect(await load('a', 'b')).toEqual(['a', 'b'])
  expect(journal.waiting).toEqual([])
})

test('while storage hangs a hundred writes, each waiting for the one before, are held up for 200 ms together', async () => {
  const { journal, storage, clock, load } = await setUp()
  storage.trouble = 'hangs'
  const startedAt = clock.monotonic()
  const ids = Array.from({ length: 100 }, (_, index) => `w${index}`)
  let tookMs = 0
  const all = (async () => {
    for (const id of ids) expect(await journal.write(insert(id))).toBe('spooled')
    tookMs = clock.monotonic() - startedAt
  })()
  await clock.advance(1_000)
  await all
  expect(tookMs).toBeLessThanOrEqual(200)
  storage.trouble = 'none'
  await clock.advance(10_000)
  expect(await load(...ids)).toEqual(ids)
  expect(journal.waiting).toEqual([])
})

test('a write whose answer was lost is repeated under its write id: it is there once', async () => {
  const { journal, storage, clock, store } = await setUp()
  storage.trouble = 'loses-answers'
  const writing = journal.write(insert('a'))
  await clock.advance(1_000)
  expect(await writing).toBe('spooled')
  storage.trouble = 'none'
  await clock.advance(5_000)
  expect(journal.waiting).toEqual([])
  expect([...(store.collections.get(NOTES.name)?.byKey.values() ?? [])].map(({ version }) => version.revision)).toEqual([1])
})

test('what a dead process left is stored by the next, before what that writes itself; what is no commit is left out', async () => {
  const spool = memorySpool()
  const dead = await setUp({ spool, trouble: 'refuses' })
  await dead.journal.write(insert('a'))
  await spool.append('{"v":1,"commit":"torn"}')
  await spool.append('not even JSON')
  await dead.journal.write(insert('b'))

  const next = await setUp({ spool, store: dead.store, trouble: 'refuses', isStarted: false })
  const given = next.journal.write(insert('c'))
  await next.journal.start()
  expect(await given).toBe('spooled')
  expect(next.journal.waiting.map(({ write }) => write.id)).toEqual(['a', 'b', 'c'])
  const stored: string[] = []
  next.journal.subscribe(({ write }) => void stored.push(write.id))
  next.storage.trouble = 'none'
  await next.clock.advance(5_000)
  expect(stored).toEqual(['a', 'b', 'c'])
  let lines = 0
  for await (const _ of spool.read()) lines++
  expect(lines).toBe(0)
})

test("storage that decided otherwise meanwhile: the store's owner says what is written instead, and what follows waits for it", async () => {
  const { journal, storage, clock, store, load } = await setUp()
  const stored: string[] = []
  journal.subscribe(({ write }) => void stored.push(`${write.id}: ${(write.value as Note).text}`))
  const asked: string[] = []
  journal.onRefused(NOTES.name, async (commit, { reason, current }) => {
    asked.push(`${reason} of ${commit.write.id} with ${current?.id}`)
    if (commit.write.id === 'gone') return null
    const { version, value } = current as Stored<Note>
    const text = `${value.text}, ${(commit.write.value as Note).text}`
    return { ...commit, write: { ...commit.write, id: current?.id ?? '', expected: version, value: { ...value, text } } }
  })
  storage.trouble = 'refuses'
  await journal.write(insert('a', { text: 'ours' }))
  await journal.write(insert('gone'))
  await journal.write(insert('b', { text: 'ours', holder: 'one' }))
  await journal.write(insert('c'))

  const other = memoryStorage({ store, clock })
  await other.connect({ collections: [NOTES], format: { writes: 1, reads: 1 } })
  const theirs = [
    insert('a', { text: 'theirs' }),
    insert('gone', { text: 'theirs' }),
    insert('d', { text: 'theirs', holder: 'one' }),
  ]
  await other.commit(theirs)

  storage.trouble = 'none'
  await clock.advance(5_000)
  expect(asked).toEqual(['conflict of a with a', 'conflict of gone with gone', 'duplicate of b with d'])
  expect(stored).toEqual(['a: theirs, ours', 'd: theirs, ours', 'c: c'])
  expect(await load('a', 'gone', 'b', 'c', 'd')).toEqual(['theirs, ours', 'theirs', null, 'c', 'theirs, ours'])
  expect(journal.waiting).toEqual([])
})

test('an owner who cannot say is asked again; one who fails holds nobody up', async () => {
  const { journal, storage, clock, load, store } = await setUp()
  const other = memoryStorage({ store, clock })
  await other.connect({ collections: [NOTES], format: { writes: 1, reads: 1 } })
  await other.commit([insert('a', { text: 'theirs' }), insert('b', { text: 'theirs' })])
  let asked = 0
  journal.onRefused(NOTES.name, async ({ write }) => {
    if (write.id === 'b') throw new Error('a fault of the owner')
    if (++asked < 3) throw new SightlineError('UNAVAILABLE', 'The owner could not read.')
    return null
  })
  storage.trouble = 'refuses'
  await journal.write(insert('a'))
  await journal.write(insert('b'))
  await journal.write(insert('c'))
  storage.trouble = 'none'
  await clock.advance(5_000)
  expect(asked).toBe(3)
  expect(await load('a', 'b', 'c')).toEqual(['theirs', 'theirs', 'c'])
  expect(journal.waiting).toEqual([])
})

test('one commit that storage cannot take at all is refused to who gave it, and no other with it', async () => {
  const { journal, load } = await setUp()
  const broken = { ...insert('b'), write: { ...insert('b').write, at: Number.NaN } }
  const [a, b, c] = await Promise.allSettled([journal.write(insert('a')), journal.write(broken), journal.write(insert('c'))])
  expect([a?.status, b?.status, c?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect((b as PromiseRejectedResult).reason).toMatchObject({ code: 'INVALID_INPUT' })
  expect(await load('a', 'c')).toEqual(['a', 'c'])
})

test('with storage away and the spool full a write is refused; what waits keeps waiting', async () => {
  const { journal, storage, clock, load } = await setUp({ spool: memorySpool({ maxLength: 400 }) })
  storage.trouble = 'refuses'
  expect(await journal.write(insert('a'))).toBe('spooled')
  await expect(journal.write(insert('b', { text: 'b'.repeat(400) }))).rejects.toMatchObject({ code: 'TOO_LARGE' })
  expect(journal.waiting.map(({ write }) => write.id)).toEqual(['a'])
  storage.trouble = 'none'
  await clock.advance(5_000)
  expect(await load('a')).toEqual(['a'])
  const written = await journal.write(insert('b', { text: 'b'.repeat(400) }))
  expect(written).toMatchObject({ ok: true })
})

test('a stop puts what storage has not taken into the spool, and leaves no timer', async () => {
  const { journal, storage, spool, clock, link } = await setUp()
  storage.trouble = 'hangs'
  const writing = journal.write(insert('a'))
  const stopping = journal.stop({ timeoutMs: 100 })
  await clock.advance(100)
  await stopping
  expect(await writing).toBe('spooled')
  expect(await linesOf(spool)).toEqual(['a'])
  await expect(journal.write(insert('b'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  const closing = link.close()
  await clock.advance(1_000)
  await closing
  expect(clock.pending).toBe(0)
})

test('a thousand writes during an outage that comes and goes are all stored, in order, once', async () => {
  const { journal, storage, clock, store } = await setUp()
  const order: string[] = []
  journal.subscribe(({ write }) => void order.push(write.id))
  const troubles: Trouble[] = ['refuses', 'none', 'loses-answers', 'hangs', 'none']
  const given: Promise<void>[] = []
  for (let n = 0; n < 1_000; n++) {
    if (n % 50 === 0) storage.trouble = troubles[(n / 50) % troubles.length] ?? 'none'
    const id = String(n).padStart(4, '0')
    given.push(journal.write(insert(id)).then((written) => void (written !== 'spooled' && order.push(id))))
    if (n % 10 === 0) await clock.advance(60)
  }
  storage.trouble = 'none'
  await clock.advance(10_000)
  await Promise.all(given)
  expect(order).toEqual([...order].sort())
  expect(order).toHaveLength(1_000)
  expect(new Set([...(store.collections.get(NOTES.name)?.byKey.values() ?? [])].map(({ version }) => version.revision))).toEqual(
    new Set([1]),
  )
})
