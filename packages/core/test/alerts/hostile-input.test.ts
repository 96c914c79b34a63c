import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorCodes, type Operation, SightlineError } from '../../src/index.ts'
import { createTestSightline } from '../../src/testing/index.ts'

const texts = [
  '',
  '<script>alert(1)</script>',
  '=cmd|/c calc',
  '@everyone',
  '\u202Eevil',
  'a\r\nBcc: x@y.z',
  "'; DROP TABLE x; --",
  '__proto__',
  'constructor',
  '{{7*7}}',
  '../../etc/passwd',
  '\u0000',
  '\uD800',
  'x'.repeat(300_000),
]
const text = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: 'binary', maxLength: 20 }))
const number = fc.constantFrom(
  ...[-1, -0, 0, 1, 1.5, 1e3, 8.64e15, 8.64e15 + 1, Number.MAX_SAFE_INTEGER, 2 ** 60, 1e308],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
)
const anything: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: number },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(null, undefined, true, [], {}, JSON.parse('{"__proto__":{"polluted":true}}')),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
)
const names = fc.oneof(anything, fc.array(fc.oneof(text, anything), { maxLength: 3 }), fc.constant(Array(200).fill('shop')))
/** Patterns that are never true, often true, huge, or in another dialect. */
const cron = fc.oneof(
  fc.constantFrom(
    ...['* * * * *', '* * * * * *', '0 0 31 2 *', '0 0 29 2 *', '0 0 29 2 1', '0 0 L * *', '0 0 * * 1#5', '0 0 ? * *'],
    ...['*/0 * * * *', '*/999 * * * *', '60 24 32 13 8', '0-59/1 0-23/1 1-31/1 1-12/1 0-7/1', '@yearly', '@reboot', 'P1D'],
    ...['1,'.repeat(99), `${'0,'.repeat(60)}0 * * * *`, '* * * * * * *', '0 2 * * SUN', '2026-01-01T00:00:00'],
  ),
  anything,
)
const timeZone = fc.oneof(fc.constantFrom('Europe/Berlin', 'UTC', '+99:99', 'Etc/GMT+14', 'Mars/Olympus', 'utc\n'), anything)
const hour = 3_600_000
const time = (now: number) => fc.oneof(fc.constantFrom(now - hour, now, now + hour, now + 366 * 24 * hour), number, anything)
const duration = fc.oneof(fc.constantFrom(999, 1_000, hour, 31_536_000_000), number, anything)
const cursor = fc.oneof(anything, fc.constantFrom('eyJ9', 'bnVsbA==', '[]', '{"id":1}', 'x'.repeat(1_000)))

/** Right but for what is drawn: what is refused at the first gate proves nothing. */
const inputs = (now: number) => {
  const some = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
    fc
      .uniqueArray(fc.constantFrom(...Object.keys(fields)), { minLength: 0, maxLength: 2 })
      .chain((chosen) => fc.record(Object.fromEntries(chosen.map((name) => [name, fields[name] as fc.Arbitrary<unknown>]))))
  const sound = { from: now, to: now + hour }
  return fc.oneof(
    fc
      .tuple(
        fc.constantFrom<object>(sound, {}),
        some({
          services: names,
          rules: names,
          tags: names,
          regions: names,
          from: time(now),
          to: time(now),
          reason: text,
          by: text,
        }),
      )
      .map(([base, drawn]) => ['silences.create', { reason: 'known', ...base, ...drawn }] as const),
    fc
      .tuple(
        fc.constantFrom<object>({ title: 'disks', ...sound }, { title: 'disks', cron: '0 2 * * *', durationMs: hour }),
        some({ title: text, services: names, tags: names, from: time(now), to: time(now), cron, timeZone, durationMs: duration }),
      )
      .map(([base, drawn]) => ['maintenance.create', { ...base, ...drawn }] as const),
    fc.tuple(
      fc.constantFrom('silences.list', 'maintenance.list', 'alerts.list', 'deliveries.list'),
      some({ limit: fc.oneof(number, anything), cursor, all: anything, status: anything, channel: anything, incident: anything }),
    ),
    fc.tuple(
      fc.constantFrom('silences.expire', 'maintenance.delete', 'deliveries.replay', 'channels.test'),
      some({ id: anything, channel: fc.oneof(fc.constant('ops'), anything) }),
    ),
    fc.tuple(fc.constantFrom('channels.list', 'routes.list'), fc.oneof(fc.constant({}), anything)),
  )
}

test('whatever is sent about alerts is refused by name, or stored as the data it is, at once; and people are told all the same', async () => {
  const lines: string[] = []
  const quiet = () => {}
  const logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (_: object, line: string) => void lines.push(line),
    child: () => logger,
  }
  await using t = await createTestSightline({
    services: { jobs: { probe: { collect: async () => ({ outcome: 'value', value: {}, latencyMs: 1, values: {} }) } } },
    notifiers: { ops: { name: 'ops', send: async () => ({}) } },
    routes: [{ channels: ['ops'], groupWaitMs: 0 }],
    rules: { 'service-down': { keepFiringForMs: 0 } },
    logger,
  } as never)
  const operations = t.sightline.operations as ReadonlyMap<string, Operation>
  const call = async (operation: string, input: unknown) => {
    const asked = t.sightline.call({ operation, input, as: 'system' } as never) as Promise<Record<string, unknown>>
    asked.catch(() => {})
    await t.clock.advance(1)
    return asked
  }
  await t.clock.advance(30_000)

  const taken: Record<string, number> = {}
  let longestMs = 0
  await fc.assert(
    fc.asyncProperty(inputs(t.clock.now()), async ([operation, input]) => {
      const startedAt = performance.now()
      try {
        const answer = await call(operation, input)
        taken[operation] = (taken[operation] ?? 0) + 1
        expect(operations.get(operation)?.output['~standard'].validate(answer)).not.toHaveProperty('issues')
        if (operation.endsWith('.create')) {
          for (const [field, value] of Object.entries(input as object)) {
            if (field !== 'by') expect(answer[field], field).toEqual(value)
          }
          expect(answer.by).toBeNull()
        }
      } catch (thrown) {
        if (!(thrown instanceof SightlineError)) throw thrown
        expect(Object.keys(errorCodes)).toContain(thrown.code)
        expect(thrown.code, `${operation}: ${String(thrown.cause)}`).not.toBe('INTERNAL')
        expect(JSON.stringify(thrown.toPublic()).length).toBeLessThan(20_000)
      }
      longestMs = Math.max(longestMs, performance.now() - startedAt)
    }),
    { numRuns: 1_000 },
  )
  // Else it was all refused at the gate.
  expect(taken['silences.create']).toBeGreaterThan(20)
  expect(taken['maintenance.create']).toBeGreaterThan(20)
  expect(longestMs).toBeLessThan(2_000)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()

  // What was stored is read, judged by and taken back, whatever it is.
  const page = async (operation: string) => (await call(operation, { limit: 500 })) as unknown as { items: { id: string }[] }
  for (const { id } of (await page('silences.list')).items) await call('silences.expire', { id })
  for (const { id } of (await page('maintenance.list')).items) await call('maintenance.delete', { id })
  expect((await page('silences.list')).items).toEqual([])
  expect((await page('maintenance.list')).items).toEqual([])
  const before = t.notifications.length
  const jobs = (t.probe as (name: string) => { fails(error: Error): void; returns(value: unknown): void })('jobs')
  jobs.fails(new Error('connect ECONNREFUSED'))
  await t.clock.advance(120_000)
  jobs.returns({})
  await t.clock.advance(120_000)
  expect(t.notifications.slice(before).map(({ status }) => status)).toEqual(['firing', 'resolved'])
  expect(lines).toEqual([])
}, 60_000)
