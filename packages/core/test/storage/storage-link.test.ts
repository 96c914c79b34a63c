import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { memoryStorage } from '../../src/memory/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { createStorageLink } from '../../src/storage/storage-link.ts'
import { testClock } from '../../src/testing/index.ts'
import { switchableStorage, type Trouble } from '../engine/support/switchable-storage.ts'

const plan = { collections: [], format: { writes: 1, reads: 1 } }

const setUp = (trouble: Trouble = 'none') => {
  const clock = testClock()
  const driver = switchableStorage(memoryStorage({ clock }), trouble)
  const log: string[] = []
  const link = createStorageLink({
    driver,
    plan,
    clock,
    random: () => 0.5,
    logger: silentLogger(),
    timeoutMs: 500,
    prove: (storage) => storage.recover(),
    onUp: () => void log.push('up'),
    onAway: ({ code }) => void log.push(`away ${code}`),
  })
  const load = () => link.run((storage) => storage.snapshots.load([]))
  return { clock, driver, link, load, log }
}

test('calls are refused at once while storage is away, and go through when it is back', async () => {
  const { clock, driver, link, load, log } = setUp('refuses')
  await expect(load()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('not connected') })
  await link.open()
  await expect(load()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(link.state).toBe('away')
  driver.trouble = 'none'
  await clock.advance(2_000)
  expect(await load()).toEqual([])
  expect(log).toEqual(['away UNAVAILABLE', 'up'])
})

test('one slow call is no outage; storage that does not answer a ping either is', async () => {
  const { clock, driver, link, load, log } = setUp()
  await link.open()
  driver.trouble = 'hangs'
  const slow = load()
  slow.catch(() => {})
  await clock.advance(500)
  await expect(slow).rejects.toMatchObject({ code: 'TIMEOUT' })
  driver.trouble = 'none'
  expect(link.state).toBe('up')
  driver.trouble = 'hangs'
  load().catch(() => {})
  await clock.advance(1_100)
  expect(link.state).toBe('away')
  expect(log).toEqual(['up', 'away TIMEOUT'])
})

test('many slow calls ask once whether storage is there', async () => {
  const { clock, driver, link, load } = setUp()
  await link.open()
  let pings = 0
  Object.assign(driver, {
    ping: () => {
      pings++
      return new Promise<never>(() => {})
    },
  })
  driver.trouble = 'hangs'
  for (let count = 0; count < 20; count++) load().catch(() => {})
  await clock.advance(900)
  expect(pings).toBe(1)
})

test('a ping that is missing since before an outage does not begin another after it', async () => {
  const { clock, driver, link, load, log } = setUp()
  await link.open()
  const { ping } = driver
  // The ping that follows the slow call is never answered; those that follow the loss are.
  let isFirst = true
  Object.assign(driver, {
    ping: () => {
      if (!isFirst) return ping()
      isFirst = false
      return new Promise<never>(() => {})
    },
  })
  driver.trouble = 'hangs'
  load().catch(() => {})
  await clock.advance(510)
  driver.trouble = 'refuses'
  await load().catch(() => {})
  driver.trouble = 'none'
  await clock.advance(2_000)
  expect(log).toEqual(['up', 'away UNAVAILABLE', 'up'])
  expect(link.state).toBe('up')
})

test('closing gives up what is under way, leaves no timer, and closes a driver again that connected too late', async () => {
  const { clock, driver, link } = setUp()
  let connect = (): void => {}
  let closed = 0
  Object.assign(driver, {
    connect: () =>
      new Promise<void>((resolve) => {
        connect = resolve
      }),
    close: async () => {
      closed++
    },
  })
  const opened = link.open()
  await clock.advance(0)
  await link.close()
  await link.close()
  await opened
  expect(clock.pending).toBe(0)
  expect(closed).toBe(1)
  connect()
  await clock.advance(0)
  expect(closed).toBe(2)
  await expect(link.run(async () => 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(link.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('a driver that throws before it promises anything leaves no timer behind', async () => {
  const { clock, link } = setUp()
  await link.open()
  await expect(
    link.run(() => {
      throw new SightlineError('INVALID_INPUT', 'no such collection')
    }),
  ).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  expect(clock.pending).toBe(0)
  expect(link.state).toBe('up')
})

test('a ping tells how long storage took', async () => {
  const { clock, driver, link } = setUp()
  await expect(link.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await link.open()
  Object.assign(driver, { ping: () => new Promise<void>((resolve) => void clock.setTimer(40, resolve)) })
  const asked = link.ping()
  await clock.advance(100)
  expect(await asked).toBe(40)
})
