import { type Clock, systemClock } from '@sightline/core/ports'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bufferedBytes, openPressed, type Pressed } from '../support/pressed.ts'
import { until } from '../support/until.ts'

const MEGABYTE = 1_048_576
const ANSWER_BYTES = 100_000
/** What the operating system's own buffers of a loopback connection may hold. */
const NETWORK_BYTES = 8 * MEGABYTE

let pressed: Pressed
/** Advances faster than the real one, once a test says so. */
let extraMs = 0
const clock: Clock = { ...systemClock(), monotonic: () => performance.now() + extraMs }

beforeEach(async () => {
  extraMs = 0
  pressed = await openPressed({ clock })
})
afterEach(() => pressed.close())

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const call = (id: number, length: number): string => `42${id}["call",{"operation":"x","input":{"length":${length}}}]`

test('answers wait for a reader that is slow, and are all given', async () => {
  const slow = await pressed.openSlow('slow', [])
  slow.network.pause()
  for (let id = 0; id < 100; id++) slow.send(call(id, ANSWER_BYTES))
  await pause(200)
  expect(bufferedBytes(slow.connection)).toBeLessThanOrEqual(MEGABYTE)
  slow.network.resume()
  await until(() => slow.texts.filter((text) => text.startsWith('43')).length === 100, 15_000)
})

test('whoever asks and does not read is worked for no further: the whole of what was made for it is bounded', async () => {
  const slow = await pressed.openSlow('slow', [])
  slow.network.pause()
  // 40 MB of answers, asked for as fast as events are taken.
  for (let id = 0; id < 400; id++) slow.send(call(id, ANSWER_BYTES))
  await until(() => bufferedBytes(slow.connection) > 0)
  await pause(300)
  const made = pressed.model.callCount * ANSWER_BYTES
  expect(made).toBeLessThan(NETWORK_BYTES + 2 * MEGABYTE)
  await pause(300)
  expect(pressed.model.callCount * ANSWER_BYTES).toBe(made)
  expect(slow.connection.readyState).toBe('open')

  // Others are served meanwhile, and this one as soon as it reads.
  const other = await pressed.openReader('other', [])
  const answer = (await other.socket.emitWithAck('call', { operation: 'x', input: { length: 5 } })) as { ok: boolean }
  expect(answer.ok).toBe(true)
  slow.network.resume()
  await until(() => slow.texts.filter((text) => text.startsWith('43')).length === 400, 30_000)
})

test('one that asks for more than it may keep waiting is told so, and goes on', async () => {
  const slow = await pressed.openSlow('slow', [])
  slow.network.pause()
  const padding = 'x'.repeat(50_000)
  for (let id = 0; id < 120; id++)
    slow.send(`42${id}["call",{"operation":"x","input":{"length":1000000,"padding":"${padding}"}}]`)
  await pause(500)
  slow.network.resume()
  await until(() => slow.texts.filter((text) => text.startsWith('43')).length === 120, 30_000)
  const refused = slow.texts.filter((text) => text.includes('"code":"TOO_MANY_REQUESTS"'))
  expect(refused.length).toBeGreaterThan(50)
  expect(refused[0]).toContain('wait for their turn')
})

test('one that asks for megabytes and reads none of them is cut', async () => {
  const slow = await pressed.openSlow('slow', [])
  slow.network.on('error', () => {})
  const ended = new Promise((resolve) => slow.network.once('close', resolve))
  slow.network.pause()
  for (let id = 0; id < 20; id++) slow.send(call(id, 5_000_000))
  await until(() => bufferedBytes(slow.connection) > 0)
  await pause(200)
  expect(slow.connection.readyState).toBe('open')
  await until(() => {
    extraMs += 1_000
    return slow.connection.readyState === 'closed'
  })
  slow.network.resume()
  await ended
  expect(pressed.model.log).toContain(`disconnect ${slow.id}`)
})

test('refusals are answers too: one that floods and never reads them is cut', async () => {
  const slow = await pressed.openSlow('slow', [])
  slow.network.pause()
  slow.network.on('error', () => {})
  const ended = new Promise((resolve) => slow.network.once('close', resolve))
  for (let id = 0; id < 20; id++) slow.send(call(id, 1_000_000))
  await until(() => bufferedBytes(slow.connection) > 0)
  let most = 0
  for (let id = 20; id < 8_000 && slow.connection.readyState === 'open'; id++) {
    slow.send(call(id, 10))
    if (id % 100 === 0) await pause(5)
    most = Math.max(most, bufferedBytes(slow.connection))
  }
  await until(() => slow.connection.readyState === 'closed')
  slow.network.resume()
  await ended
  expect(most).toBeLessThan(3 * MEGABYTE)
  expect(pressed.model.log).toContain(`disconnect ${slow.id}`)
})
