import { redisBus, redisCache, redisSessions } from '@sightline/adapter-redis'
import { bullScheduler } from '@sightline/adapter-redis/bull'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'

const client = new Redis({ lazyConnect: true })

/** What a caller without types reads, in the words of its options. */
test.each([
  ['a bus from nowhere', () => redisBus({}), 'The Redis bus needs either a client or a url.'],
  ['a bus from two', () => redisBus({ client, url: 'redis://127.0.0.1' }), 'The Redis bus needs either a client or a url.'],
  ['another address', () => redisCache({ url: 'http://x' }), 'The Redis cache needs a url such as redis://127.0.0.1:6379.'],
  [
    'a scheduler from nowhere',
    () => bullScheduler({} as never),
    'The BullMQ scheduler needs a connection: an ioredis client, or a url.',
  ],
  [
    'sessions of nobody',
    () => redisSessions({ client } as never),
    'The Redis session store needs a process: a name that no other process has.',
  ],
])('%s is refused', (_, open, message) => {
  expect(open).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message }))
})
