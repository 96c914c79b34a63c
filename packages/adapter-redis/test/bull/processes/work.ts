/** A worker: url, prefix, number of targets, interval in ms, how long a tick takes in ms, lease in ms. Prints each tick as it starts. */
import { bullScheduler } from '@sightline/adapter-redis/bull'

const [url = '', prefix = '', ...numbers] = process.argv.slice(2)
const [targets = 0, everyMs = 0, tickMs = 0, leaseMs = 0] = numbers.map(Number)
const scheduler = bullScheduler({ connection: url, prefix, leaseMs })
await scheduler.put(
  Array.from({ length: targets }, (_, index) => ({
    id: `target-${index}`,
    kind: 'poll',
    payload: '{}',
    everyMs,
    offsetMs: Math.floor((index * everyMs) / targets),
    lane: 'default',
  })),
)
await scheduler.start({
  lanes: ['default'],
  run: async ({ schedule, dueAt, fence }) => {
    process.stdout.write(`tick ${schedule.id} ${dueAt} ${fence} ${Date.now()}\n`)
    if (tickMs > 0) await new Promise((resolve) => setTimeout(resolve, tickMs))
  },
})
console.log('ready')
