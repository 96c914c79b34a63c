import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { memoryStorage } from '../../src/memory/memory-storage.ts'
import type { OperationContext } from '../../src/operations/operation-context.ts'
import { parseWith } from '../../src/operations/parse-with.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { StorageDriver } from '../../src/ports/storage.ts'
import type { RuleOperations } from '../../src/protocol/rules.ts'
import { configRules } from '../../src/rules/config-rules.ts'
import { RULES, RULES_COLLECTIONS } from '../../src/rules/rule-records.ts'
import { createRulesPart } from '../../src/rules/rules-part.ts'
import { testClock } from '../../src/testing/fake-clock.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger } as Logger
const latency = { severity: 'high', condition: { kind: 'above', value: 'latencyMs', enter: 500 } } as const

/** Two processes on one storage and one bus. */
const twoProcesses = async () => {
  const clock = testClock()
  const driver = memoryStorage({ clock })
  await driver.connect({ collections: RULES_COLLECTIONS, format: { writes: 1, reads: 1 } })
  const receivers: Map<string, (payload: unknown) => void>[] = []
  let writes = 0

  const processOf = () => {
    const own = new Map<string, (payload: unknown) => void>()
    receivers.push(own)
    const changed: string[] = []
    const part = createRulesPart({
      clock,
      logger,
      link: { state: 'up', run: <T>(call: (driver: StorageDriver) => Promise<T>) => call(driver) },
      remote: {
        isAlone: false,
        hear: (type, receive) => void own.set(type, receive),
        carry: (type, payload) => {
          for (const other of receivers) if (other !== own) other.get(type)?.(JSON.parse(JSON.stringify(payload)))
        },
      },
      teams: () => ['default'],
      configured: configRules({ 'high-cpu': false }),
      onRulesChanged: (team) => void changed.push(team),
    })
    const context = {
      team: 'default',
      commit: async ({ store, id, expected, value }) => {
        const written = { store, id, team: 'default', expected, writeId: `w${writes++}`, at: clock.now() }
        const write = { ...written, value: value ?? null, ...(value === undefined ? { deleted: true as const } : {}) }
        const [outcome] = await driver.commit([{ write, then: [] }])
        if (outcome === undefined) throw new Error('no answer')
        return outcome
      },
    } as OperationContext
    const call = async (name: keyof RuleOperations, input: unknown) => {
      const operation = part.operations[name]
      if (operation === undefined) throw new Error(name)
      const output = await operation.handle(await parseWith(operation.input, input), context)
      return parseWith(operation.output, output, 'INTERNAL')
    }
    return { part, changed, call }
  }
  const [a, b] = [processOf(), processOf()]
  await a.part.start()
  await b.part.start()
  await clock.advance(10)
  return { a, b, clock, processOf, driver }
}

const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (thrown) => SightlineError.from(thrown).code,
  )

test('a rule holds in every process as soon as it is entered, changed, switched off and deleted', async () => {
  const { a, b } = await twoProcesses()
  const inB = () => b.part.rules('default').find(({ name }) => name === 'slow')
  expect(await a.call('rules.create', { name: 'slow', ...latency })).toMatchObject({
    name: 'slow',
    origin: 'stored',
    enabled: true,
  })
  expect(inB()).toMatchObject({ severity: 'high' })
  expect(b.changed).toEqual(['default'])
  await a.call('rules.update', { name: 'slow', changes: { severity: 'low', forMs: 60_000 } })
  expect(inB()).toMatchObject({ severity: 'low', forMs: 60_000, condition: latency.condition })
  await b.call('rules.setEnabled', { name: 'slow', enabled: false })
  expect(a.part.rules('default').some(({ name }) => name === 'slow')).toBe(false)
  expect(await a.call('rules.delete', { name: 'slow' })).toEqual({ deleted: true })
  expect(await code(b.call('rules.setEnabled', { name: 'slow', enabled: true }))).toBe('NOT_FOUND')
  await a.part.stop({ timeoutMs: 10 })
  await b.part.stop({ timeoutMs: 10 })
})

test('a built-in rule can be changed and switched off, not deleted; deleting the change brings it back', async () => {
  const { a } = await twoProcesses()
  expect(await a.call('rules.update', { name: 'high-latency', changes: { forMs: 5_000 } })).toMatchObject({
    origin: 'stored',
    forMs: 5_000,
  })
  expect(await a.call('rules.delete', { name: 'high-latency' })).toEqual({ deleted: true })
  const { items } = (await a.call('rules.list', {})) as { items: readonly { name: string; origin: string }[] }
  expect(items.find(({ name }) => name === 'high-latency')).toMatchObject({ origin: 'built-in' })
  expect(await code(a.call('rules.delete', { name: 'high-latency' }))).toBe('INVALID_INPUT')
  await a.part.stop({ timeoutMs: 10 })
})

test('a rule of the configuration is changed there alone, and says so', async () => {
  const { a } = await twoProcesses()
  for (const work of [
    a.call('rules.update', { name: 'high-cpu', changes: { forMs: 1 } }),
    a.call('rules.setEnabled', { name: 'high-cpu', enabled: true }),
    a.call('rules.delete', { name: 'high-cpu' }),
  ]) {
    const thrown = await work.then(() => null, SightlineError.from)
    expect(thrown).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'name' }] })
    expect(thrown?.message).toContain('is a rule of the configuration')
  }
  expect(await code(a.call('rules.create', { name: 'service-down', ...latency }))).toBe('CONFLICT')
})

test('a change that makes a rule contradict itself is refused whole', async () => {
  const { a } = await twoProcesses()
  await a.call('rules.create', { name: 'slow', ...latency })
  const wrong = { kind: 'above', value: 'latencyMs', enter: 500, exit: 900 }
  expect(await code(a.call('rules.update', { name: 'slow', changes: { condition: wrong } }))).toBe('INVALID_INPUT')
  expect(a.part.rules('default').find(({ name }) => name === 'slow')).toMatchObject({ condition: latency.condition })
  const silent = a.call('rules.update', { name: 'heartbeat-missed', changes: { forMs: 60_000 } })
  expect(
    SightlineError.from(
      await silent.then(
        () => null,
        (thrown: unknown) => thrown,
      ),
    ),
  ).toMatchObject({ fields: [{ path: 'forMs' }] })
})

test('what an earlier version let pass can be switched off and retitled, and is mended when it is touched', async () => {
  const { a, driver, clock } = await twoProcesses()
  const value = { name: 'quiet', enabled: true, severity: 'low', condition: { kind: 'silence', afterMs: 60_000 }, forMs: 60_000 }
  await driver.commit([
    { write: { store: RULES.name, id: 'quiet', team: 'default', expected: null, writeId: 'x', at: 0, value }, then: [] },
  ])
  await clock.advance(5_000)
  expect(await a.call('rules.setEnabled', { name: 'quiet', enabled: false })).toMatchObject({ enabled: false })
  expect(await a.call('rules.update', { name: 'quiet', changes: { title: 'Quiet' } })).toMatchObject({ title: 'Quiet' })
  expect(await code(a.call('rules.update', { name: 'quiet', changes: { times: { breaches: 1, of: 1 } } }))).toBe('INVALID_INPUT')
  expect(await a.call('rules.update', { name: 'quiet', changes: { forMs: 0 } })).toMatchObject({ forMs: 0 })
})

test('rules outlive the process; one of a kind that is not known here is listed and rests', async () => {
  const { a, driver, clock, processOf } = await twoProcesses()
  await a.call('rules.create', { name: 'slow', ...latency })
  const value = { name: 'later', enabled: true, severity: 'low', condition: { kind: 'forecast' } }
  await driver.commit([
    { write: { store: RULES.name, id: 'later', team: 'default', expected: null, writeId: 'x', at: 0, value }, then: [] },
  ])
  const next = processOf()
  await next.part.start()
  await clock.advance(10)
  expect(next.part.rules('default').some(({ name }) => name === 'slow')).toBe(true)
  expect(next.part.rules('default').some(({ name }) => name === 'later')).toBe(false)
  expect(next.changed).toEqual(['default'])
  const { items } = (await next.call('rules.list', {})) as { items: readonly { name: string; enabled: boolean }[] }
  expect(items.find(({ name }) => name === 'later')).toMatchObject({ enabled: false })
  const same = next.part.rules('default')
  await clock.advance(60_000)
  expect(next.part.rules('default').find(({ name }) => name === 'slow')).toBe(same.find(({ name }) => name === 'slow'))
})
