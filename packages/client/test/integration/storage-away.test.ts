import { type InferContract, SightlineError } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { afterEach, expect, test } from 'vitest'
import { createClient, createSharedSockets, type TopicView } from '../../src/index.ts'
import { burst, type LiveServer, liveServer } from '../support/live-server.ts'

type App = InferContract<LiveServer['sightline']>
const orders = { api: 'orders', region: 'us-east' } as const

let cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleanUp) await step()
  cleanUp = []
})

/** A storage that can be taken away and given back. */
const removable = (isAwayFirst: boolean) => {
  let isAway = isAwayFirst
  const guarded = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (from, name) => {
        const value: unknown = Reflect.get(from, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) =>
          isAway
            ? Promise.reject(new SightlineError('UNAVAILABLE', 'The test took storage away.'))
            : Reflect.apply(value, from, args)
      },
    })
  return {
    away: () => {
      isAway = true
    },
    back: () => {
      isAway = false
    },
    guard: (driver: StorageDriver): StorageDriver => {
      const { collection } = driver
      const [outer, snapshots] = [guarded(driver), guarded(driver.snapshots)]
      return new Proxy(outer, {
        get: (from, name) => {
          if (name === 'snapshots') return snapshots
          // Asks nothing of storage by itself.
          return name === 'collection' ? collection.bind(driver) : Reflect.get(from, name)
        },
      })
    },
  }
}

const open = async (storage: ReturnType<typeof removable>) => {
  const provider = burst()
  const server = await liveServer({ provider, guard: storage.guard })
  const client = createClient<App>({ url: `http://127.0.0.1:${server.port}`, sockets: createSharedSockets() })
  cleanUp = [() => client.close(), () => server.stop()]
  const views: TopicView<{ readonly data: unknown }>[] = []
  const topic = client.topic('metrics', orders)
  topic.subscribe((view) => views.push(view))
  const until = async (what: () => boolean | Promise<boolean>) => {
    const since = performance.now()
    while (!(await what())) {
      if (performance.now() - since > 10_000) throw new Error(`not within 10 s: ${what}\n${JSON.stringify(topic.view())}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const isEqual = async () => {
    const frame = await server.read('metrics', orders)
    return (
      frame?.kind === 'state' &&
      !topic.view().isStale &&
      !topic.view().isProvisional &&
      topic.view().mark?.digest === frame.digest
    )
  }
  const openNow = () => (topic.view().data?.data as { open: number } | undefined)?.open ?? 0
  return { provider, topic, views, until, isEqual, openNow }
}

test('while storage is away the news goes on, marked; when it is back, the mark moves on', async () => {
  const storage = removable(false)
  const { provider, topic, until, isEqual, openNow } = await open(storage)
  await until(() => openNow() > 2 && !topic.view().isProvisional)
  storage.away()
  await until(() => topic.view().isProvisional)
  const { mark, status } = topic.view()
  const seen = openNow()
  await until(() => openNow() > seen + 3)
  expect(status).toBe('live')
  expect(topic.view()).toMatchObject({ isProvisional: true, status: 'live', mark })
  storage.back()
  await until(() => !topic.view().isProvisional && topic.view().mark !== mark)
  provider.freeze()
  await until(isEqual)
  expect(openNow()).toBeGreaterThan(seen + 3)
})

test('also where it was away from the start', async () => {
  const storage = removable(true)
  const { provider, topic, until, isEqual, openNow } = await open(storage)
  await until(() => openNow() > 2)
  expect(topic.view()).toMatchObject({ isProvisional: true, mark: null })
  storage.back()
  await until(() => !topic.view().isProvisional)
  provider.freeze()
  await until(isEqual)
  expect(topic.view().mark?.version?.epoch).not.toBe('')
})
