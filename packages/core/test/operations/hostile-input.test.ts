import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineMutation, definePlugin, defineTopic, errorCodes, type Operation, SightlineError } from '../../src/index.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from '../engine/support/recording-transport.ts'

const url = 'http://127.0.0.1:1/'
const megabyte = 'x'.repeat(1_048_576)

const deep = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** A schema that refers to itself, as a plugin may have one. */
const Tree: z.ZodType = z.lazy(() => z.union([z.number(), z.array(Tree), z.record(z.string(), Tree)]))

const trees = definePlugin({
  name: 'trees',
  operations: {
    'trees.plant': defineMutation({
      permission: 'trees:plant',
      input: z.object({ tree: Tree }),
      output: z.object({ ok: z.boolean() }),
      handle: () => ({ ok: true }),
    }),
  },
  topics: {
    trees: defineTopic({
      kind: 'state',
      permission: 'trees:view',
      params: z.object({ tree: z.unknown() }),
      data: z.unknown(),
      load: async () => null,
    }),
  },
})

const lines: string[] = []
const quiet = (): void => {}
const logger = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: (_: object, message: string) => void lines.push(message),
  child: () => logger,
}

let t: Awaited<ReturnType<typeof createTestSightline>>
beforeAll(async () => {
  t = (await createTestSightline({
    apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { url } } } },
    plugins: [trees] as never,
    logger,
  })) as never
  for (let n = 0; n < 3; n++) {
    ;(t.probe as (api: string, region: string) => { returns(value: unknown): void })('orders', 'us-east').returns({ n })
    await t.clock.advance(1_000)
  }
})
afterAll(async () => {
  await t[Symbol.asyncDispose]()
})

const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'toString',
    'orders',
    'us-east',
    '\u0000',
    '\ud800',
    '../../etc/passwd',
    '%',
    '%%%',
    'a:b',
    '$where',
    "' OR 1=1 --",
    megabyte,
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
)
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { maxDepth: 3 },
  hostileText,
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    0,
    -0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.MAX_SAFE_INTEGER,
    2 ** 60,
    1e308,
    [],
    {},
    deep(5_000),
    deep(50_000),
  ),
  fc.array(hostileText, { maxLength: 3 }),
  fc.object({ maxDepth: 2 }),
  // An own key, as JSON.parse makes it.
  fc.constantFrom(
    JSON.parse('{"__proto__":{"polluted":true}}'),
    JSON.parse('{"api":"orders","region":"us-east","__proto__":{"polluted":true}}'),
    JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
  ),
)

const fieldNames = [
  'api',
  'region',
  'asOf',
  'limit',
  'cursor',
  'from',
  'to',
  'intervalMs',
  'tree',
  'epoch',
  'revision',
  '__proto__',
  'toString',
]
const reference = fc.record({ epoch: hostileValue, revision: hostileValue }, { requiredKeys: [] })
const hostileInput: fc.Arbitrary<unknown> = fc.oneof(
  hostileValue,
  fc.dictionary(fc.constantFrom(...fieldNames), hostileValue, { maxKeys: 6 }),
  // Right but for one thing: past the first gate.
  fc.record({ field: fc.constantFrom(...fieldNames), value: fc.oneof(hostileValue, reference) }).map(({ field, value }) =>
    Object.defineProperty({ api: 'orders', region: 'us-east' } as object, field, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    }),
  ),
)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value)

/** What a caller may be told: a code of the contract, never an inner fault, and no more than a message. */
const expectTyped = (error: unknown, what: string): void => {
  expect(error, what).toBeInstanceOf(SightlineError)
  const { code } = error as SightlineError
  expect(Object.keys(errorCodes), what).toContain(code)
  expect(code, `${what}: ${String((error as Error).cause)}`).not.toBe('INTERNAL')
  expect(JSON.stringify(error).length, what).toBeLessThan(50_000)
}

test('every operation answers any input with a valid answer or a typed error, small, and never with an inner fault', async () => {
  const names = [...t.sightline.operations.keys()]
  expect(names.length).toBeGreaterThanOrEqual(8)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      hostileInput,
      fc.option(hostileValue, { nil: undefined }),
      async (operation, input, idempotencyKey) => {
        const asked = t.sightline.call({
          operation,
          input,
          as: 'system',
          ...(idempotencyKey === undefined ? {} : { idempotencyKey: idempotencyKey as string }),
        })
        // A poll takes time, which a fake clock has to be given.
        const [outcome] = await Promise.all([
          asked.then(
            (output) => ({ output }),
            (error: unknown) => ({ error }),
          ),
          t.clock.advance(1),
        ])
        if ('error' in outcome) expectTyped(outcome.error, operation)
        else
          expect(
            (t.sightline.operations.get(operation) as Operation).output['~standard'].validate(outcome.output),
          ).not.toHaveProperty('issues')
      },
    ),
    { numRuns: 400 },
  )
  expect(Object.prototype).not.toHaveProperty('polluted')
  expect(lines).toEqual([])
})

test('any topic, params, mark and name of an operation: a valid answer or a typed error, on every way in', async () => {
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom('metrics', 'regions', 'pollers', 'trees'), hostileValue),
      hostileInput,
      hostileValue,
      async (topic, params, since) => {
        const name = topic as string
        for (const ask of [
          () => transport.gateway.subscribe(session, { topic: name, params }),
          () =>
            transport.gateway.subscribe(session, {
              topic: name,
              params,
              since: { digest: textOf(since), cursor: textOf(since), version: { epoch: textOf(since), revision: Number.NaN } },
            }),
          () => t.sightline.read({ topic: name, params, as: 'system' }),
          () => transport.gateway.call(session, { operation: name, input: params }),
        ]) {
          await ask().then(
            (answer) => expect(JSON.stringify(answer ?? null).length).toBeLessThan(2_500_000),
            (error: unknown) => expectTyped(error, typeof topic),
          )
        }
        transport.gateway.unsubscribe(session, { topic: name, params })
      },
    ),
    { numRuns: 200 },
  )
  await t.clock.advance(0)
  transport.gateway.disconnect(session)
  expect([...transport.rooms.values()].every(({ size }) => size === 0)).toBe(true)
})

test('a schema that follows a value down until the stack ends is a value that is nested too deeply', async () => {
  await expect(
    t.sightline.call({ operation: 'trees.plant', input: { tree: deep(100_000) }, as: 'system' }),
  ).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(t.sightline.read({ topic: 'trees', params: { tree: deep(100_000) }, as: 'system' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
  expect(await t.sightline.call({ operation: 'trees.plant', input: { tree: deep(50) }, as: 'system' })).toEqual({ ok: true })
})

test('what is repeated of a name or a field is cut short', async () => {
  for (const ask of [
    () => t.sightline.call({ operation: megabyte, input: {}, as: 'system' }),
    () => t.sightline.read({ topic: megabyte, as: 'system' }),
    () =>
      t.sightline.call({ operation: 'metrics.get', input: { api: 'orders', region: 'us-east', [megabyte]: 1 }, as: 'system' }),
    () =>
      t.sightline.call({
        operation: 'metrics.get',
        input: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, 1])),
        as: 'system',
      }),
  ]) {
    const error = await ask().then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expectTyped(error, 'long')
    expect(JSON.stringify(error).length).toBeLessThan(2_000)
  }
})
