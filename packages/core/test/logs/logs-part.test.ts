import { expect, test } from 'vitest'
import type { ErrorGroup, LogInput, LogLine } from '../../src/protocol/logs.ts'
import { startLogs } from './support/started-logs.ts'

interface Found {
  readonly items: readonly LogLine[]
  readonly next: string | null
  readonly isComplete: boolean
}

const entry = (message: string, more: Partial<LogInput> = {}): LogInput => ({ service: 'shop', message, ...more })

test('lines are found by service, severity, time, words in any script, fields and trace', async () => {
  const { call, clock } = await startLogs()
  const now = clock.now()
  await call('logs.ingest', {
    entries: [
      entry('Payment FAILED for order-17', { severity: 'error', traceId: 'abc', at: now - 3_000 }),
      entry('payment taken', { service: 'till', fields: { order: 17, http: { status: 200 } }, at: now - 2_000 }),
      entry('データベース接続に失敗', { severity: 'warn', at: now - 1_000 }),
    ],
  })
  await clock.advance(300)
  const found = async (filter: object): Promise<readonly string[]> =>
    (await call<Found>('logs.search', filter)).items.map(({ message }) => message.slice(0, 7))
  expect(await found({})).toEqual(['データベース接', 'payment', 'Payment'])
  expect(await found({ service: 'till' })).toEqual(['payment'])
  expect(await found({ minSeverity: 'warn' })).toEqual(['データベース接', 'Payment'])
  expect(await found({ from: now - 2_000, to: now - 1_000 })).toEqual(['payment'])
  expect(await found({ text: 'failed PAYMENT' })).toEqual(['Payment'])
  expect(await found({ text: '接続' })).toEqual(['データベース接'])
  expect(await found({ fields: { 'http.status': '200', order: '17' } })).toEqual(['payment'])
  expect(await found({ traceId: 'abc' })).toEqual(['Payment'])
  await expect(call('logs.search', { text: '!!!' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('pages follow one another while lines come in; another team sees none', async () => {
  const { call, clock } = await startLogs()
  const entries = Array.from({ length: 250 }, (_, index) => entry(`line ${index}`, { at: clock.now() - 1_000 + index }))
  await call('logs.ingest', { entries })
  await clock.advance(300)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Found = await call('logs.search', { limit: 60, ...(cursor === null ? {} : { cursor }) })
    seen.push(...page.items.map(({ message }) => message))
    cursor = page.next
    await call('logs.ingest', { entries: [entry('later')] })
    await clock.advance(300)
  } while (cursor !== null)
  expect(seen).toEqual(entries.map(({ message }) => message).reverse())
  expect((await call<Found>('logs.search', {}, 'other')).items).toEqual([])
})

test('what is no line is refused by itself; an id makes of a repeat one line, counted once', async () => {
  const { call, clock } = await startLogs()
  const wrong = [
    7,
    null,
    {},
    { service: 'a b', message: 'x' },
    { service: 'shop', message: 1 },
    entry('x', { severity: 'loud' as never }),
    entry('old', { at: 1 }),
  ]
  const answer = await call<{ accepted: number; rejected: number; errors: { index: number }[] }>('logs.ingest', {
    entries: [...wrong, entry('one', { id: 'a', severity: 'error' }), entry('one', { id: 'a', severity: 'error' })],
  })
  expect(answer).toMatchObject({ accepted: 2, rejected: wrong.length })
  expect(answer.errors.map(({ index }) => index)).toEqual(wrong.map((_, index) => index))
  await clock.advance(6_000)
  await call('logs.ingest', { entries: [entry('one', { id: 'a', severity: 'error' })] })
  await clock.advance(6_000)
  expect((await call<Found>('logs.search', {})).items).toHaveLength(1)
  expect((await call<{ items: ErrorGroup[] }>('logs.errors', {})).items).toMatchObject([{ count: 1 }])
})

test('long messages, many fields and times from the future are brought within bounds', async () => {
  const { call, clock } = await startLogs()
  const fields = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`field${index}`, 'x'.repeat(5_000)]))
  await call('logs.ingest', { entries: [entry('y'.repeat(100_000), { fields, at: clock.now() + 86_400_000 })] })
  await clock.advance(300)
  const [line] = (await call<Found>('logs.search', {})).items
  expect(line?.message).toHaveLength(65_536 + '…[cut]'.length)
  expect(JSON.stringify(line).length).toBeLessThan(300_000)
  expect(line?.at).toBeLessThanOrEqual(clock.now())
})

test('errors are one kind where they differ in numbers, ids and quoted texts alone', async () => {
  const { call, clock } = await startLogs()
  const fail = (order: number, id: string): LogInput =>
    entry(`order ${order} of "${id}" failed after 0x${order}ff`, {
      severity: 'error',
      fields: { err: { stack: `Error: no\n    at pay (/app/pay.js:${order}:9)\n    at main` } },
    })
  const uuid = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`
  await call('logs.ingest', {
    entries: [fail(1, 'a'), fail(2, uuid('1')), fail(3, uuid('2')), entry('disk full', { severity: 'fatal' })],
  })
  await clock.advance(6_000)
  const [at] = [clock.now()]
  await call('logs.ingest', { entries: [fail(4, 'z')] })
  await clock.advance(6_000)
  const { items } = await call<{ items: ErrorGroup[] }>('logs.errors', { service: 'shop' })
  expect(items).toHaveLength(2)
  expect(items[0]).toMatchObject({ count: 4, lastSeen: at, message: expect.stringContaining('order 4') })
  expect(items[1]).toMatchObject({ count: 1, severity: 'fatal' })
})

test('two processes that count the same errors lose none', async () => {
  const first = await startLogs()
  const second = await startLogs({ storage: first.storage, clock: first.clock })
  for (let round = 0; round < 5; round++) {
    for (const { call } of [first, second])
      await call('logs.ingest', { entries: [entry('no', { severity: 'error' }), entry('yes')] })
    await first.clock.advance(5_000)
  }
  await first.clock.advance(20_000)
  expect((await first.call<{ items: ErrorGroup[] }>('logs.errors', {})).items).toMatchObject([{ count: 10 }])
  const to = first.clock.now() + 60_000
  const { counts } = await first.call<{ counts: Record<string, number[]> }>('logs.volume', { from: to - 3_600_000, to })
  const sum = (numbers: readonly number[] = []): number => numbers.reduce((all, one) => all + one, 0)
  expect([sum(counts.error), sum(counts.info)]).toEqual([10, 10])
})

test('volume has at most five hundred steps, whatever the time', async () => {
  const { call, clock } = await startLogs()
  await call('logs.ingest', { entries: [entry('a', { at: clock.now() - 86_400_000 * 3 }), entry('b', { severity: 'error' })] })
  for (const days of [1 / 24, 1, 7, 14, 90, 399]) {
    const from = clock.now() - days * 86_400_000
    const volume = await call<{ stepMs: number; start: number; counts: Record<string, number[]> }>('logs.volume', {
      from,
      to: clock.now() + 1,
    })
    expect(volume.counts.info?.length).toBeLessThanOrEqual(500)
    expect(volume.counts.error?.reduce((all, one) => all + one, 0)).toBe(1)
    expect(volume.counts.info?.reduce((all, one) => all + one, 0)).toBe(days >= 4 ? 1 : 0)
  }
})

test('services report their lines every ten seconds, and zero when they fall silent', async () => {
  const { call, clock, samples } = await startLogs()
  await call('logs.ingest', { entries: [entry('a'), entry('b', { severity: 'error' }), entry('c', { service: 'till' })] })
  await clock.advance(10_000)
  expect(samples).toMatchObject([
    { service: 'shop', verdict: null, values: { logLines: 2, logErrors: 1 } },
    { service: 'till', verdict: null, values: { logLines: 1, logErrors: 0 } },
  ])
  await clock.advance(10_000)
  expect(samples.at(-1)).toMatchObject({ service: 'till', values: { logLines: 0, logErrors: 0 } })
  expect((await call<{ services: string[] }>('logs.services', {})).services).toEqual(['shop', 'till'])
})

test('a live tail is told what fits it, at most two hundred a second, errors first, and how many it was spared', async () => {
  const watches = [
    { team: 'default', params: {} },
    { team: 'default', params: { service: 'till', minSeverity: 'error' as const } },
    { team: 'other', params: {} },
  ]
  const { call, clock, told } = await startLogs({ watches })
  await call('logs.ingest', {
    entries: [
      ...Array.from({ length: 500 }, (_, index) => entry(`line ${index}`)),
      entry('bad', { service: 'till', severity: 'fatal' }),
    ],
  })
  await clock.advance(200)
  expect(told.map(({ team, params }) => [team, params])).toEqual([
    ['default', {}],
    ['default', { service: 'till', minSeverity: 'error' }],
  ])
  expect(told[0]?.change).toMatchObject({ dropped: 461 })
  expect(told[0]?.change.entries).toHaveLength(40)
  expect(told[0]?.change.entries.at(-1)).toMatchObject({ message: 'bad' })
  expect(told[1]?.change.entries).toMatchObject([{ message: 'bad' }])
})

test('who begins to watch, or comes back, is read what was written', async () => {
  const { call, clock, part } = await startLogs()
  await call('logs.ingest', { entries: [entry('stored')] })
  await clock.advance(60_000)
  await call('logs.ingest', { entries: [entry('waiting')] })
  const load = (since?: string) =>
    part.topics.logs.load({}, { team: 'default', principal: null, ...(since === undefined ? {} : { since }) }) as Promise<{
      entries: readonly LogLine[]
      cursor: string
    }>
  const first = await load()
  expect(first.entries.map(({ message }) => message)).toEqual(['stored', 'waiting'])
  await clock.advance(60_000)
  await call('logs.ingest', { entries: [entry('later')] })
  const missed = await load(first.cursor)
  expect(missed.entries.map(({ message }) => message)).toContain('later')
  expect(missed.entries.map(({ message }) => message)).not.toContain('stored')
  // What follows its own end is nothing new.
  expect((await load(missed.cursor)).cursor).toBe(missed.cursor)
  await expect(load('nonsense')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('while storage is away lines wait, as many as there is room for; then it is said when to come again', async () => {
  const started = await startLogs({ maxBufferedLogBytes: 100_000 })
  const { call, clock, part } = started
  started.isUp = false
  const send = () => call<{ accepted: number }>('logs.ingest', { entries: [entry('x'.repeat(10_000))] })
  await send()
  await send()
  await expect(send()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterMs: expect.any(Number) })
  for (let index = 0; index < 3; index++) part.log('default', entry('y'.repeat(10_000)))
  part.log('default', null as never)
  expect(part.counters).toMatchObject({ accepted: 2, dropped: 3, rejected: 1, waiting: 2, stored: 0 })
  await clock.advance(30_000)
  started.isUp = true
  part.storageUp?.()
  await clock.advance(10)
  expect(part.counters).toMatchObject({ stored: 2, waiting: 0 })
  expect((await call<Found>('logs.search', {})).items).toHaveLength(2)
})

test('filters are saved for a team', async () => {
  const { call } = await startLogs()
  const filter = { service: 'shop', minSeverity: 'error', fields: { order: '17' } }
  await call('logFilters.save', { name: 'bad orders', filter: {} })
  await call('logFilters.save', { name: 'bad orders', filter })
  expect(await call('logFilters.list', {})).toEqual({ items: [{ name: 'bad orders', filter }], next: null })
  expect(await call('logFilters.list', {}, 'other')).toEqual({ items: [], next: null })
  expect(await call('logFilters.delete', { name: 'bad orders' })).toEqual({ deleted: true })
  expect(await call('logFilters.delete', { name: 'bad orders' })).toEqual({ deleted: false })
  for (const name of ['a\u202eb', '\u200b', 'a\nb', '\u001b[2J']) {
    await expect(call('logFilters.save', { name, filter })).rejects.toThrow()
  }
  await call('logFilters.save', { name: 'הזמנות', filter })
})

test('lines are kept for so many days, then deleted in small steps', async () => {
  const { call, clock, part, storage } = await startLogs({ logsDays: 1 })
  await call('logs.ingest', { entries: Array.from({ length: 500 }, (_, index) => entry(`line ${index}`, { severity: 'error' })) })
  await clock.advance(6_000)
  for (let hours = 0; hours < 27; hours++) await clock.advance(3_600_000)
  const { items } = await storage.logs.search({ team: 'default' }, { from: 0, to: clock.now() + 1, limit: 10, budgetMs: 1_000 })
  expect(items).toEqual([])
  expect((await call<{ items: ErrorGroup[] }>('logs.errors', {})).items).toEqual([])
  await part.stop({ timeoutMs: 1_000 })
  expect(clock.pending).toBe(0)
}, 120_000)

test('stop stores what waits and leaves no timer', async () => {
  const { call, clock, part, storage } = await startLogs()
  await call('logs.ingest', { entries: [entry('last words')] })
  await part.stop({ timeoutMs: 1_000 })
  expect(clock.pending).toBe(0)
  const { items } = await storage.logs.search({ team: 'default' }, { from: 0, to: clock.now() + 1, limit: 10, budgetMs: 1_000 })
  expect(items).toHaveLength(1)
})
