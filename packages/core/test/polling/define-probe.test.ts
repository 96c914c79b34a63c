import { describe, expect, expectTypeOf, it } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { type DefinedProbe, defineProbe, type ProbeResult } from '../../src/polling/define-probe.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Observation, ProbeContext } from '../../src/ports/probe.ts'

const context = (signal = new AbortController().signal): ProbeContext => ({ region: 'us-east', signal })
const observe = (collect: (context: ProbeContext) => unknown, given = context()): Promise<Observation> =>
  defineProbe({ name: 'queue-depth', collect: collect as () => ProbeResult }).collect(given)
const faultOf = (observation: Observation): string =>
  observation.outcome === 'failed' && observation.error instanceof SightlineError
    ? `${observation.error.code}: ${observation.error.message}`
    : observation.outcome

describe('a result', () => {
  it('of numbers is its own document', async () => {
    const observation = await observe(async () => ({ status: 'up', metrics: { depth: 3, oldestJobMs: 20.5 } }))
    expect(observation).toEqual({
      outcome: 'value',
      value: { status: 'up', metrics: { depth: 3, oldestJobMs: 20.5 } },
      values: { depth: 3, oldestJobMs: 20.5 },
      latencyMs: expect.any(Number),
    })
  })

  it('may have another document, or nothing but a status', async () => {
    expect(await observe(() => ({ status: 'degraded', metrics: { depth: 3 }, value: ['any', { json: null }] }))).toMatchObject({
      value: ['any', { json: null }],
      values: { depth: 3 },
      degraded: true,
    })
    expect(await observe(() => ({ status: 'degraded', reason: 'slow' }))).toMatchObject({ degraded: true, reason: 'slow' })
    expect(await observe(() => ({ status: 'up', reason: 'none' }))).not.toHaveProperty('degraded')
    expect(await observe(() => ({ status: 'up' }))).toMatchObject({ value: { status: 'up', metrics: {} }, values: {} })
    expect(await observe(() => ({ status: 'up', value: null }))).toMatchObject({ outcome: 'value', value: null })
  })

  it('of down is a failure that keeps its numbers and its reason', async () => {
    const observation = await observe(() => ({ status: 'down', metrics: { depth: 900 }, reason: 'no worker is connected' }))
    expect(faultOf(observation)).toBe('UNAVAILABLE: The probe queue-depth reports down: no worker is connected')
    expect(observation.values).toEqual({ depth: 900 })
    expect(faultOf(await observe(() => ({ status: 'down' })))).toBe('UNAVAILABLE: The probe queue-depth reports down.')
  })

  it('is timed', async () => {
    let now = 100
    const clock: Clock = { now: () => 0, monotonic: () => now, setTimer: () => () => {} }
    const probe = defineProbe(
      {
        name: 'slow',
        collect: async () => {
          now += 42
          return { status: 'up' }
        },
      },
      { clock },
    )
    expect((await probe.collect(context())).latencyMs).toBe(42)
  })

  it('is asked for with the region and the signal', async () => {
    const { signal } = new AbortController()
    const seen: ProbeContext[] = []
    await observe((given) => {
      seen.push(given)
      return { status: 'up' }
    }, context(signal))
    expect(seen).toEqual([{ region: 'us-east', signal }])
    expect(seen[0]?.signal).toBe(signal)
  })
})

describe('what is no result', () => {
  it.each<readonly [unknown, string]>([
    [undefined, 'it is no object'],
    [null, 'it is no object'],
    ['up', 'it is no object'],
    [{}, 'status is none of up, degraded, down'],
    [{ status: 'UP' }, 'status is none of up, degraded, down'],
    [{ status: 'up', metrics: [] }, 'metrics is no object'],
    [{ status: 'up', metrics: null }, 'metrics is no object'],
    [{ status: 'up', metrics: { depth: '3' } }, 'metrics.depth is no number'],
    [{ status: 'up', metrics: { depth: 3n } }, 'metrics.depth is no number'],
    [{ status: 'up', metrics: { depth: undefined } }, 'metrics.depth is no number'],
    [{ status: 'up', metrics: { depth: Number.NaN } }, 'metrics.depth is NaN'],
    [{ status: 'up', metrics: { depth: Number.POSITIVE_INFINITY } }, 'metrics.depth is Infinity'],
    [{ status: 'down', reason: 5 }, 'reason is no string'],
  ])('%o', async (result, fault) => {
    expect(faultOf(await observe(() => result))).toBe(`BAD_DOCUMENT: The probe queue-depth returned no usable result: ${fault}.`)
  })
})

describe('a document', () => {
  const cycle: Record<string, unknown> = { inner: { list: [] } }
  ;(cycle.inner as { list: unknown[] }).list.push(cycle)
  const deep = (levels: number): unknown => {
    let value: unknown = 1
    for (let level = 0; level < levels; level++) value = [value]
    return value
  }

  it.each<readonly [string, unknown, string]>([
    ['a function', { a: { b: () => 1 } }, 'value.a.b is a function'],
    ['a function at the top', () => 1, 'value is a function'],
    ['a symbol', [Symbol('s')], 'value.0 is a symbol'],
    ['a BigInt', { big: 10n ** 30n }, 'value.big is a BigInt'],
    ['a cycle', cycle, 'value.inner.list.0 contains itself'],
    ['undefined in a list', [1, undefined], 'value.1 is undefined'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tried
    ['a hole in a list', [1, , 3], 'value.1 is undefined'],
    ['NaN', { a: Number.NaN }, 'value.a is NaN'],
    ['-Infinity', { a: Number.NEGATIVE_INFINITY }, 'value.a is -Infinity'],
    ['a Map', { a: new Map() }, 'value.a is a Map'],
    ['a Set', new Set(), 'value is a Set'],
    ['an Error', { a: new Error('x') }, 'value.a is an Error'],
    ['a Promise', { a: Promise.resolve() }, 'value.a is a Promise'],
    ['bytes', { a: new Uint8Array(2) }, 'value.a is a Uint8Array'],
    ['a RegExp', { a: /x/ }, 'value.a is a RegExp'],
    ['a toJSON that gives none', { a: { toJSON: () => 5n } }, 'value.a is a BigInt'],
    ['endless toJSON', { a: endless() }, `value.a… is nested deeper than 1000 levels`],
    ['too many levels', deep(200_000), `value${'.0'.repeat(17)}.… is nested deeper than 1000 levels`],
  ])('with %s is refused', async (_, value, fault) => {
    expect(faultOf(await observe(() => ({ status: 'up', value })))).toBe(
      `BAD_DOCUMENT: The probe queue-depth returned no usable result: ${fault}.`,
    )
  })

  it('with a getter that throws fails as the function would', async () => {
    const value = {
      get a(): never {
        throw new Error('no such column')
      },
    }
    expect(faultOf(await observe(() => ({ status: 'up', value })))).toBe(
      'UNAVAILABLE: The probe queue-depth failed: no such column',
    )
  })

  it.each<readonly [string, unknown]>([
    ['dates', { at: new Date(0) }],
    ['absent properties', { a: undefined, b: 1 }],
    ['no prototype', Object.assign(Object.create(null), { a: 1 })],
    [
      'instances of classes',
      new (class Row {
        id = 1
      })(),
    ],
    ['the same object twice', ((shared) => [shared, shared])({ a: 1 })],
    ['as many levels as any detector takes', deep(999)],
    ['a key __proto__', JSON.parse('{"__proto__":{"a":1}}')],
  ])('with %s is taken', async (_, value) => {
    const observation = await observe(() => ({ status: 'up', value }))
    expect(observation).toMatchObject({ outcome: 'value' })
    expect(observation.outcome === 'value' && observation.value).toBe(value)
  })
})

function endless(): object {
  return { toJSON: endless }
}

describe('a function that throws', () => {
  it.each<readonly [string, () => unknown, string]>([
    ['at once', () => boom(new Error('no connection')), 'UNAVAILABLE: The probe queue-depth failed: no connection'],
    ['later', () => Promise.reject(new Error('no connection')), 'UNAVAILABLE: The probe queue-depth failed: no connection'],
    ['without words', () => boom(new Error('')), 'UNAVAILABLE: The probe queue-depth failed.'],
    ['no error', () => boom('text'), 'UNAVAILABLE: The probe queue-depth failed.'],
    ['nothing', () => boom(undefined), 'UNAVAILABLE: The probe queue-depth failed.'],
    ['an error of ours', () => boom(new SightlineError('TOO_LARGE', 'Too much.')), 'TOO_LARGE: Too much.'],
  ])('%s', async (_, collect, fault) => {
    expect(faultOf(await observe(collect))).toBe(fault)
  })

  it('keeps what it threw as the cause', async () => {
    const thrown = new TypeError('x')
    const observation = await observe(() => boom(thrown))
    expect(observation.outcome === 'failed' && observation.error.cause).toBe(thrown)
  })

  it('because it was given up says that', async () => {
    const controller = new AbortController()
    const pending = observe(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('socket hang up')))),
      context(controller.signal),
    )
    controller.abort(new SightlineError('TIMEOUT', 'No answer within 800 ms.'))
    expect(faultOf(await pending)).toBe('TIMEOUT: No answer within 800 ms.')
  })
})

const boom = (thrown: unknown): never => {
  throw thrown
}

describe('a function that never settles', () => {
  it('is left to the engine, which counts it', async () => {
    const controller = new AbortController()
    const pending = observe(() => new Promise(() => {}), context(controller.signal))
    controller.abort(new SightlineError('TIMEOUT', 'No answer within 800 ms.'))
    const settled = pending.then(() => 'settled')
    const waited = new Promise((resolve) => setTimeout(() => resolve('pending'), 50))
    expect(await Promise.race([settled, waited])).toBe('pending')
  })
})

describe('close', () => {
  it('reaches the definition, and is there without one', async () => {
    let closed = 0
    const probe = defineProbe({
      name: 'x',
      collect: () => ({ status: 'up' }),
      close: () => {
        closed += 1
      },
    })
    await probe.close?.()
    expect(closed).toBe(1)
    await defineProbe({ name: 'x', collect: () => ({ status: 'up' }) }).close?.()
  })
})

describe('types', () => {
  it('know the numbers and the document', () => {
    const probe = defineProbe({
      name: 'queue-depth',
      collect: async () => ({ status: 'up', metrics: { depth: await Promise.resolve(3) }, value: { open: true } }),
    })
    expectTypeOf(probe).toEqualTypeOf<DefinedProbe<{ depth: number }, { open: boolean }>>()
    const bare = defineProbe({ name: 'bare', collect: () => ({ status: Math.random() > 2 ? 'down' : 'up' }) })
    expectTypeOf(bare).toEqualTypeOf<DefinedProbe<Record<never, never>, unknown>>()
    // @ts-expect-error a status of its own
    const odd = defineProbe({ name: 'odd', collect: () => ({ status: 'great' }) })
    // @ts-expect-error numbers are numbers
    const text = defineProbe({ name: 'text', collect: async () => ({ status: 'up', metrics: { depth: '3' } }) })
    expect([odd.name, text.name]).toEqual(['odd', 'text'])
  })
})
