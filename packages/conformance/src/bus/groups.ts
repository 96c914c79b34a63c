import assert from 'node:assert/strict'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { BusContext } from './context.ts'
import { delivery, publishing } from './delivery.ts'

/** Opening and closing. */
const lifecycle: Group<BusContext> = {
  name: 'lifecycle',
  tests: {
    'a bus has a name, and a ping makes the round trip': async ({ join }) => {
      const { bus } = await join()
      assert.ok(bus.name.length > 0)
      await bus.ping()
    },

    'after close nothing is delivered, not even what was on its way': async ({ join }) => {
      const [a, b, c] = [await join(), await join(), await join()]
      for (let index = 0; index < 20; index++) a.publish()
      const closing = b.bus.close()
      await closing
      const count = b.events.length
      const last = a.publish()
      await c.hears(last)
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.equal(b.events.length, count)
    },

    'a receiver may close its bus, and hears nothing more': async ({ join }) => {
      const a = await join()
      let closing: Promise<void> | null = null
      const b = await join(() => {
        closing ??= b.bus.close()
      })
      const c = await join()
      const events = Array.from({ length: 10 }, () => a.publish())
      for (const event of events) await c.hears(event)
      await closing
      assert.equal(b.events.length, 1)
    },

    'a closed bus is UNAVAILABLE': async ({ join, bus }) => {
      const { bus: closed } = await join()
      await closed.close()
      await rejectsWith('UNAVAILABLE', () => closed.ping())
      await rejectsWith('UNAVAILABLE', () => bus().ping())
    },

    'close may be called again, at once, and before open': async ({ join, bus }) => {
      const { bus: open } = await join()
      await Promise.all([open.close(), open.close()])
      await open.close()
      await bus().close()
    },

    'one that leaves harms nobody else': async ({ join }) => {
      const [a, b, c] = [await join(), await join(), await join()]
      await b.bus.close()
      await c.hears(a.publish())
    },
  },
}

/** Every group of the bus suite. */
export const busGroups: readonly Group<BusContext>[] = [delivery, publishing, lifecycle]
