import { expect, test } from 'vitest'
import { createEgressCanary } from '../src/egress-canary.ts'
import { silentLogger } from '../src/index.ts'
import { scriptedProbe, testClock } from '../src/testing/index.ts'

const lost = new Error('connect ENETUNREACH')
const first = { isFirst: true }

const setUp = () => {
  const clock = testClock()
  const probes = [scriptedProbe(), scriptedProbe()] as const
  const said: string[] = []
  const logger = { ...silentLogger(), warn: (_: object, text: string) => void said.push(text) }
  const canary = createEgressCanary({ probes, intervalMs: 15_000, timeoutMs: 2_000, clock, random: () => 0.5, logger })
  const all = (what: (probe: (typeof probes)[number]) => void) => probes.forEach(what)
  const start = async () => {
    canary.start()
    await clock.advance(10)
  }
  const doubt = async (failure = first) => {
    const asked = canary.doubt(failure)
    await clock.advance(2_200)
    return asked
  }
  return { clock, probes, canary, said, all, start, doubt }
}

test('a check is doubted when no address answers, and believed as long as one does', async () => {
  const { probes, all, start, doubt } = setUp()
  await start()
  probes[0].fails(lost)
  expect(await doubt()).toBeNull()
  all((probe) => probe.fails(lost))
  expect(await doubt()).toBe('The monitor reaches nothing outside.')
  probes[1].returns({})
  expect(await doubt({ isFirst: false })).toBeNull()
})

test('an address that hangs keeps a check no longer than the timeout, and one that answers at once not even that', async () => {
  const { clock, probes, canary, all, start } = setUp()
  await start()
  await clock.advance(1_000)
  probes[0].hangs()
  let answer: string | null | undefined
  const ask = () => {
    answer = undefined
    void canary.doubt(first).then((doubt) => {
      answer = doubt
    })
  }
  ask()
  await clock.advance(1)
  expect(answer).toBeNull()
  await clock.advance(3_000)
  all((probe) => probe.hangs())
  ask()
  await clock.advance(1_900)
  expect(answer).toBeUndefined()
  await clock.advance(300)
  expect(answer).toBe('The monitor reaches nothing outside.')
})

test('who never answered is no witness, and that is said once', async () => {
  const { clock, canary, said, all, start, doubt } = setUp()
  all((probe) => probe.fails(lost))
  await start()
  await clock.advance(60_000)
  canary.saw(false)
  expect(await doubt()).toBeNull()
  expect(canary.isFailing).toBe(false)
  expect(said).toHaveLength(1)
})

test('it is failing while checks fail too, or none is made; not while all that is checked is good', async () => {
  const { clock, canary, all, start } = setUp()
  await start()
  all((probe) => probe.fails(lost))
  await clock.advance(20_000)
  expect(canary.isFailing).toBe(true)
  canary.saw(true)
  expect(canary.isFailing).toBe(false)
  canary.saw(false)
  expect(canary.isFailing).toBe(true)
  all((probe) => probe.returns({}))
  await clock.advance(20_000)
  expect(canary.isFailing).toBe(false)
})

test('addresses are asked in their interval; a storm of failures asks no more than four times a second, and what was down before never', async () => {
  const { clock, probes, canary, start } = setUp()
  await start()
  await clock.advance(60_000)
  expect(probes[0].asked).toBe(5)
  for (let failure = 0; failure < 500; failure++) {
    await Promise.all([canary.doubt(first), clock.advance(2)])
  }
  expect(probes[0].asked).toBeLessThanOrEqual(9)
  const { asked } = probes[0]
  await clock.advance(300)
  for (let failure = 0; failure < 10; failure++) await canary.doubt({ isFirst: false })
  expect(probes[0].asked).toBe(asked)
})

test('stopped, it lets go of who waits, of its timers and of its probes', async () => {
  const { clock, probes, canary, all, start } = setUp()
  await start()
  await clock.advance(1_000)
  all((probe) => probe.hangs())
  const waiting = canary.doubt(first)
  await Promise.all([canary.stop(), clock.advance(1_000)])
  expect(await waiting).toBeNull()
  const asked = probes[0].asked
  await clock.advance(60_000)
  expect(probes[0].asked).toBe(asked)
  expect(await canary.doubt(first)).toBeNull()
})
