import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import { hostileBodies, hostileNames } from '../storage/hostile-text.ts'
import { type BusContext, busEvent, until } from './context.ts'

/** Who hears what. */
export const delivery: Group<BusContext> = {
  name: 'delivery',
  tests: {
    'an event reaches every other process as it was published': async ({ join }) => {
      const [a, b, c] = [await join(), await join(), await join()]
      const plain = a.publish()
      const full = a.publish({
        type: 'incident:opened',
        v: 7,
        at: 1_700_000_000_123,
        head: { id: 'i/1', team: 'blue', version: { epoch: 'e', revision: 2 ** 40 }, deleted: true },
        payload: '{"a":1}',
      })
      for (const member of [b, c]) {
        await member.hears(plain)
        await member.hears(full)
        assert.deepEqual(
          member.events.find(({ id }) => id === plain.id),
          plain,
        )
        assert.deepEqual(
          member.events.find(({ id }) => id === full.id),
          full,
        )
      }
    },

    'payloads and names survive': async ({ join }) => {
      const [a, b] = [await join(), await join()]
      const bodies = Object.entries(hostileBodies).filter(([, body]) => body.length < 10_000)
      const published = [
        ...bodies.map(([, payload]) => a.publish({ payload })),
        ...hostileNames.map((name) =>
          a.publish({ type: name, head: { id: name, team: name, version: { epoch: name, revision: 1 } } }),
        ),
      ]
      for (const event of published) {
        await b.hears(event)
        assert.deepEqual(
          b.events.find(({ id }) => id === event.id),
          event,
        )
      }
    },

    'a process never hears its own events': async ({ join }) => {
      const [a, b] = [await join(), await join()]
      const own = a.publish()
      await b.hears(own)
      const last = b.publish()
      await a.hears(last)
      assert.equal(
        a.events.some(({ id }) => id === own.id),
        false,
      )
    },

    'an event never comes back to its origin, whoever publishes it': async ({ join }) => {
      const [a, b, c] = [await join(), await join(), await join()]
      const relayed = busEvent({ origin: a.origin })
      b.bus.publish(relayed)
      await c.hears(relayed)
      const last = c.publish()
      await a.hears(last)
      assert.equal(
        a.events.some(({ id }) => id === relayed.id),
        false,
      )
    },

    'what is published before open is dropped': async ({ join, bus }) => {
      const listener = await join()
      const early = bus()
      const dropped = busEvent({ origin: 'early' })
      early.publish(dropped)
      await early.open({ origin: 'early', event: () => {}, gap: () => {} })
      const first = busEvent({ origin: 'early' })
      early.publish(first)
      await listener.hears(first)
      assert.equal(
        listener.events.some(({ id }) => id === dropped.id),
        false,
      )
    },

    'two installations never hear of each other': async ({ join, elsewhere }) => {
      const [a, b] = [await join(), await join()]
      const foreign = await (await elsewhere()).join()
      await b.hears(a.publish())
      const [c, d] = [foreign, b]
      c.publish()
      await d.hears(a.publish())
      assert.equal(foreign.events.length, 0)
      assert.equal(
        d.events.every(({ origin }) => origin === a.origin),
        true,
      )
    },

    'a receiver that fails harms neither the publisher nor what follows': async ({ join }) => {
      const a = await join()
      const failing = await join((event) => {
        if (event.type === 'poison') throw new Error('the receiver failed')
      })
      const calm = await join()
      const poison = a.publish({ type: 'poison' })
      const after = a.publish()
      await calm.hears(poison)
      await calm.hears(after)
      await failing.hears(after)
    },
  },
}

/** Publishing, which has no time to wait. */
export const publishing: Group<BusContext> = {
  name: 'publishing',
  tests: {
    'publish returns before any receiver runs': async ({ join }) => {
      let isPublishing = false
      const inside: string[] = []
      const a = await join()
      const b = await join((event) => {
        if (isPublishing) inside.push(event.id)
      })
      isPublishing = true
      const events = [a.publish(), a.publish()]
      isPublishing = false
      for (const event of events) await b.hears(event)
      assert.deepEqual(inside, [])
    },

    'publish never throws: before open, after close, with a payload of megabytes': async ({ join, bus }) => {
      const a = await join()
      const unopened = bus()
      unopened.publish(busEvent({ origin: 'x' }))
      a.publish({ payload: JSON.stringify('x'.repeat(5_000_000)) })
      await a.bus.close()
      a.publish()
    },

    'what is more than it holds is a gap at the receivers, not silence': async ({ join }) => {
      const [a, b] = [await join(), await join()]
      const count = 50_000
      for (let index = 0; index < count; index++)
        a.publish({ head: { id: String(index), team: 'red', version: { epoch: 'e', revision: 1 } } })
      const heard = (): number => new Set(b.events.map(({ id }) => id)).size
      await until('everything, or a gap', () => b.gaps.length > 0 || heard() === count, 15_000)
      const later = a.publish()
      await b.hears(later)
    },

    'cut off, publish does not throw and ping says so; back, receivers hear what they missed, or of a gap': async ({
      subject,
      join,
    }) => {
      assert.ok(subject.cutOff !== undefined, 'the factory cannot cut the bus off (`cutOff`)')
      const [a, b] = [await join(), await join()]
      await a.bus.ping()
      const reconnect = await subject.cutOff()
      const missed = [a.publish(), a.publish(), a.publish()]
      const code = await a.bus.ping().then(
        () => 'an answer',
        (error: unknown) => (error as { readonly code?: unknown }).code,
      )
      assert.equal(code, 'UNAVAILABLE')
      await reconnect()
      const heard = (): boolean => missed.every((event) => b.events.some(({ id }) => id === event.id))
      await until('what was missed, or a gap', () => b.gaps.length > 0 || heard())
      const pinged = async (): Promise<boolean> =>
        a.bus.ping().then(
          () => true,
          () => false,
        )
      for (const giveUpAt = performance.now() + 10_000; !(await pinged()); )
        assert.ok(performance.now() < giveUpAt, 'ping stays dead')
      // What is published while receivers are still coming back may be missing: that is what their gaps say.
      const isBack = async (): Promise<boolean> => {
        const event = a.publish()
        await new Promise((resolve) => setTimeout(resolve, 50))
        return b.events.some(({ id }) => id === event.id)
      }
      for (const giveUpAt = performance.now() + 10_000; !(await isBack()); )
        assert.ok(performance.now() < giveUpAt, 'nothing is delivered again')
    },
  },
}
