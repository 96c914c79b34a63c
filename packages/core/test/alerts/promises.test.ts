import { describe, expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { memoryStorage } from '../../src/memory/memory-storage.ts'
import type { StorageDriver } from '../../src/ports/storage.ts'
import { testClock } from '../../src/testing/fake-clock.ts'
import {
  incident,
  type RecordingNotifier,
  recordingNotifier,
  sharedWire,
  startAlerts,
  switchableDriver,
  switchableLeadership,
} from './support/alerts-engine.ts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000

const unavailable = () => new SightlineError('UNAVAILABLE', 'Not there.')

describe('many at once', () => {
  test('500 services failing within 30 s: one message a channel, and one when they are back', async () => {
    const channels: Record<string, RecordingNotifier> = {}
    await using engine = await startAlerts({
      notifiers: (clock) => {
        for (const name of ['ops', 'oncall', 'log']) channels[name] = recordingNotifier(clock)
        return channels
      },
    })
    for (let index = 0; index < 500; index++) {
      await engine.commit({ incident: incident({ id: `s${index}` }), kind: 'opened', step: 1 })
      if (index % 10 === 0) await engine.clock.advance(590)
    }
    await engine.clock.advance(MINUTE)
    for (const channel of Object.values(channels)) {
      expect(channel.attempts).toHaveLength(1)
      const [{ note } = { note: null }] = channel.taken
      expect(note).toMatchObject({ status: 'firing', title: 's0 is down and 499 more', more: 488 })
      expect(note?.items).toHaveLength(12)
    }
    const alerts = await engine.alerts()
    expect(alerts).toHaveLength(1_500)
    expect(new Set(alerts.map(({ status }) => status))).toEqual(new Set(['sent']))

    for (let index = 0; index < 500; index++) {
      await engine.commit({ incident: incident({ id: `s${index}`, status: 'resolved' }), kind: 'resolved', step: 2 })
    }
    await engine.clock.advance(MINUTE)
    for (const channel of Object.values(channels)) {
      expect(channel.taken.map(({ note }) => note.status)).toEqual(['firing', 'resolved'])
    }
  })

  test('what follows in a group that was told of waits for the interval, and resolves do not', async () => {
    let ops: RecordingNotifier | undefined
    await using engine = await startAlerts({
      notifiers: (clock) => {
        ops = recordingNotifier(clock)
        return { ops }
      },
    })
    const start = engine.clock.now()
    await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
    await engine.clock.advance(40 * SECOND)
    await engine.commit({ incident: incident({ id: 'b' }), kind: 'opened', step: 1 })
    await engine.clock.advance(MINUTE)
    await engine.commit({ incident: incident({ id: 'a', status: 'resolved' }), kind: 'resolved', step: 2 })
    await engine.clock.advance(10 * MINUTE)
    expect(ops?.taken.map(({ note, at }) => [note.status, note.title, at - start])).toEqual([
      ['firing', 'a is down', 30 * SECOND],
      ['resolved', 'a is down', 130 * SECOND],
      ['firing', 'b is down', expect.any(Number)],
    ])
    // Once nothing of the group fires any more, it begins anew: its first waits the group's wait.
    expect((ops?.taken[2]?.at ?? 0) - start).toBeLessThanOrEqual(330 * SECOND)
  })
})

describe('a provider that is away', () => {
  test('for ten minutes: everything arrives afterwards, in order', async () => {
    let isAway = true
    let ops: RecordingNotifier | undefined
    await using engine = await startAlerts({
      routes: [{ channels: ['ops'], groupBy: ['service'], groupWaitMs: 0, groupIntervalMs: 0 }],
      notifiers: (clock) => {
        ops = recordingNotifier(clock, () => {
          if (isAway) throw unavailable()
        })
        return { ops }
      },
    })
    const told: string[] = []
    for (let index = 0; index < 20; index++) {
      await engine.commit({ incident: incident({ id: `s${index}` }), kind: 'opened', step: 1 })
      told.push(`firing s${index} is down`)
      await engine.clock.advance(15 * SECOND)
      await engine.commit({ incident: incident({ id: `s${index}`, status: 'resolved' }), kind: 'resolved', step: 2 })
      told.push(`resolved s${index} is down`)
      await engine.clock.advance(15 * SECOND)
    }
    expect(ops?.taken).toEqual([])
    isAway = false
    await engine.clock.advance(10 * MINUTE)
    expect(ops?.taken.map(({ note }) => `${note.status} ${note.title}`)).toEqual(told)
    expect(new Set(ops?.taken.map(({ key }) => key)).size).toBe(40)
    // Only the head of the queue knocks.
    expect(ops?.attempts.length).toBeLessThan(40 + 20)
  })

  // The channel, and what waited for its group, stood still until the wall clock was where it had been.
  test('is asked again as soon as ever, and what waits leaves, where the wall clock is set back a day', async () => {
    let isAway = true
    let ops: RecordingNotifier | undefined
    await using engine = await startAlerts({
      routes: [{ channels: ['ops'], groupBy: ['service'] }],
      notifiers: (clock) => {
        ops = recordingNotifier(clock, () => {
          if (isAway) throw new SightlineError('UNAVAILABLE', 'Later.', { retryAfterMs: 60_000 })
        })
        return { ops }
      },
    })
    await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
    await engine.clock.advance(40 * SECOND)
    await engine.commit({ incident: incident({ id: 'b' }), kind: 'opened', step: 1 })
    expect(ops?.attempts).toHaveLength(1)
    isAway = false
    engine.clock.step(-24 * 60 * MINUTE)
    await engine.commit({ incident: incident({ id: 'a', status: 'resolved' }), kind: 'resolved', step: 2 })
    await engine.clock.advance(3 * MINUTE)
    const told = ops?.taken.map(({ note }) => `${note.status} ${note.title}`) ?? []
    expect(told.filter((text) => text.includes('a is'))).toEqual(['firing a is down', 'resolved a is down'])
    expect(told).toContain('firing b is down')
  })

  test('what it asks us to wait is waited', async () => {
    let asked = false
    let ops: RecordingNotifier | undefined
    await using engine = await startAlerts({
      routes: [{ channels: ['ops'], groupWaitMs: 0 }],
      notifiers: (clock) => {
        ops = recordingNotifier(clock, () => {
          if (asked) return
          asked = true
          throw new SightlineError('TOO_MANY_REQUESTS', 'Later.', { retryAfterMs: 97_000 })
        })
        return { ops }
      },
    })
    await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
    await engine.clock.advance(5 * MINUTE)
    const [first, second] = ops?.attempts ?? []
    expect(second?.at).toBe((first?.at ?? 0) + 97_000)
    expect(second?.key).toBe(first?.key)
  })

  test('a day long: dead, seen, and sent once more under its key', async () => {
    let isAway = true
    let ops: RecordingNotifier | undefined
    await using engine = await startAlerts({
      routes: [{ channels: ['ops'], groupWaitMs: 0, repeatMs: 0 }],
      notifiers: (clock) => {
        ops = recordingNotifier(clock, () => {
          if (isAway) throw unavailable()
        })
        return { ops }
      },
    })
    await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
    await engine.clock.advance(25 * HOUR)
    const [dead] = await engine.deliveries()
    expect(dead).toMatchObject({ status: 'dead', lastError: 'Not there.', nextAttemptAt: null })
    expect((await engine.alerts()).map(({ status }) => status)).toEqual(['dead'])
    expect(await engine.call('channels.list', {})).toMatchObject({ items: [{ name: 'ops', pending: 0, dead: 1 }] })
    isAway = false
    await engine.call('deliveries.replay', { id: dead?.id })
    await engine.clock.advance(MINUTE)
    expect(ops?.taken.map(({ key }) => key)).toEqual([dead?.id])
    expect(new Set(ops?.attempts.map(({ key }) => key)).size).toBe(1)
    expect(await engine.deliveries()).toMatchObject([{ status: 'sent' }])
    expect((await engine.alerts()).map(({ status }) => status)).toEqual(['sent'])
    await expect(engine.call('deliveries.replay', { id: dead?.id })).rejects.toThrow('only dead ones')
  })

  test('who refuses is asked twelve times and delays no other; who can never take it is asked once', async () => {
    let ops: RecordingNotifier | undefined
    await using engine = await startAlerts({
      routes: [{ channels: ['ops'], groupBy: ['service'], groupWaitMs: 0, repeatMs: 0 }],
      notifiers: (clock) => {
        ops = recordingNotifier(clock, ({ note }) => {
          if (note.title.startsWith('refused')) throw new SightlineError('FORBIDDEN', 'No.')
          if (note.title.startsWith('malformed')) throw new SightlineError('INVALID_INPUT', 'Never.')
        })
        return { ops }
      },
    })
    for (const id of ['refused', 'malformed', 'fine']) {
      await engine.commit({ incident: incident({ id }), kind: 'opened', step: 1 })
    }
    await engine.clock.advance(0)
    await engine.clock.advance(100)
    expect(ops?.taken.map(({ note }) => note.title)).toEqual(['fine is down'])
    await engine.clock.advance(3 * HOUR)
    const count = (title: string) => ops?.attempts.filter(({ note }) => note.title.startsWith(title)).length
    expect([count('refused'), count('malformed'), count('fine')]).toEqual([12, 1, 1])
    expect((await engine.deliveries()).map(({ status }) => status).toSorted()).toEqual(['dead', 'dead', 'sent'])
  })
})

describe('channels apart', () => {
  test('one that hangs, one that throws nonsense and one that is slow delay no other', async () => {
    let fine: RecordingNotifier | undefined
    let hanging: RecordingNotifier | undefined
    await using engine = await startAlerts({
      routes: [{ channels: ['hanging', 'throwing', 'paced', 'fine'], groupBy: ['service'], groupWaitMs: 0, groupIntervalMs: 0 }],
      notifiers: (clock) => {
        fine = recordingNotifier(clock)
        // Neither the signal nor anything else moves it.
        hanging = recordingNotifier(clock, () => new Promise(() => {}))
        const throwing = recordingNotifier(clock, () => {
          throw 'https://hooks.example/secret-token'
        })
        return { hanging, throwing, paced: recordingNotifier(clock, undefined, { paceMs: 30_000 }), fine }
      },
    })
    const start = engine.clock.now()
    for (let index = 0; index < 10; index++) {
      await engine.commit({ incident: incident({ id: `s${index}` }), kind: 'opened', step: 1 })
      await engine.clock.advance(100)
    }
    expect(fine?.taken).toHaveLength(10)
    expect(Math.max(...(fine?.taken.map(({ at }) => at - start) ?? []))).toBeLessThanOrEqual(1_000)
    await engine.clock.advance(MINUTE)
    expect(hanging?.attempts.length).toBeGreaterThan(1)
    // A foreign error's words are shown to nobody.
    const stored = JSON.stringify([await engine.deliveries(), engine.published, await engine.call('channels.list', {})])
    expect(stored).not.toContain('secret-token')
    expect(stored).toContain('The notifier of the channel throwing failed.')
  })

  test('posts keep their distance', async () => {
    let slow: RecordingNotifier | undefined
    await using engine = await startAlerts({
      routes: [{ channels: ['slow'], groupBy: ['service'], groupWaitMs: 0, groupIntervalMs: 0 }],
      notifiers: (clock) => {
        slow = recordingNotifier(clock, undefined, { paceMs: 1_000 })
        return { slow }
      },
    })
    for (let index = 0; index < 8; index++) {
      await engine.commit({ incident: incident({ id: `s${index}` }), kind: 'opened', step: 1 })
    }
    await engine.clock.advance(20 * SECOND)
    const at = slow?.taken.map((attempt) => attempt.at) ?? []
    expect(at).toHaveLength(8)
    for (const [index, time] of at.entries()) if (index > 0) expect(time - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000)
  })
})

describe('storage', () => {
  test('a delivery is stored before its first attempt', async () => {
    const clock = testClock()
    const driver = memoryStorage({ clock })
    const inserts: string[] = []
    const watched: StorageDriver = {
      ...driver,
      commit: (commits) => {
        for (const { write } of commits) if (write.expected === null) inserts.push(write.id)
        return driver.commit(commits)
      },
    }
    const known: boolean[] = []
    await using engine = await startAlerts({
      clock,
      driver: watched,
      routes: [{ channels: ['ops'], groupWaitMs: 0 }],
      notifiers: () => ({ ops: recordingNotifier(clock, ({ key }) => void known.push(inserts.includes(key))) }),
    })
    await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
    await engine.clock.advance(SECOND)
    expect(known).toEqual([true])
  })

  test('while it is away people are told within a second, and it knows afterwards', async () => {
    const clock = testClock()
    const driver = switchableDriver(memoryStorage({ clock }))
    let ops: RecordingNotifier | undefined
    await using engine = await startAlerts({
      clock,
      driver,
      routes: [{ channels: ['ops'], groupWaitMs: 0 }],
      notifiers: () => {
        ops = recordingNotifier(clock)
        return { ops }
      },
    })
    driver.isAway = true
    const start = clock.now()
    const committed = engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
    await clock.advance(SECOND)
    await committed
    await clock.advance(SECOND)
    expect(ops?.taken).toHaveLength(1)
    expect((ops?.taken[0]?.at ?? 0) - start).toBeLessThan(SECOND)
    await clock.advance(MINUTE)
    driver.isAway = false
    await clock.advance(MINUTE)
    expect(await engine.deliveries()).toMatchObject([{ status: 'sent', attempts: 1 }])
    expect(await engine.alerts()).toMatchObject([{ status: 'sent' }])
    expect(ops?.attempts).toHaveLength(1)
  })
})

describe('several processes on one storage', () => {
  test('three of them send one notification, whoever opened the incident', async () => {
    const clock = testClock()
    const driver = memoryStorage({ clock })
    const wire = sharedWire()
    const ops = recordingNotifier(clock)
    const start = (isLeading: boolean) =>
      startAlerts({
        clock,
        driver: { ...driver, close: async () => {} },
        remote: wire(),
        leadership: switchableLeadership(isLeading),
        routes: [{ channels: ['ops'], groupBy: ['service'], groupWaitMs: 0 }],
        notifiers: () => ({ ops }),
      })
    await using leader = await start(true)
    await using second = await start(false)
    await using third = await start(false)
    for (const [index, engine] of [leader, second, third].entries()) {
      await engine.commit({ incident: incident({ id: `s${index}` }), kind: 'opened', step: 1 })
    }
    await clock.advance(SECOND)
    expect(ops.taken.map(({ note }) => note.title).toSorted()).toEqual(['s0 is down', 's1 is down', 's2 is down'])
    await second.commit({ incident: incident({ id: 's0', status: 'resolved' }), kind: 'resolved', step: 2 })
    await clock.advance(5 * MINUTE)
    expect(ops.attempts.map(({ note }) => note.status)).toEqual(['firing', 'firing', 'firing', 'resolved'])
  })

  test('what nobody told the leader of is found; who takes over goes on, and repeats nothing', async () => {
    const clock = testClock()
    const driver = memoryStorage({ clock })
    const ops = recordingNotifier(clock)
    const leaderships = [switchableLeadership(true), switchableLeadership(false)]
    const start = (leadership: ReturnType<typeof switchableLeadership> | undefined) =>
      startAlerts({
        clock,
        driver: { ...driver, close: async () => {} },
        ...(leadership === undefined ? {} : { leadership }),
        // Nothing is ever heard of the other.
        remote: { isAlone: false, carry: () => {}, hear: () => {} },
        routes: [{ channels: ['ops'], groupBy: ['service'], groupWaitMs: 20_000, repeatMs: 0 }],
        notifiers: () => ({ ops }),
      })
    await using first = await start(leaderships[0])
    await using second = await start(leaderships[1])
    await second.commit({ incident: incident({ id: 'unheard' }), kind: 'opened', step: 1 })
    await clock.advance(40 * SECOND)
    expect(ops.taken.map(({ note }) => note.title)).toEqual(['unheard is down'])
    await first.commit({ incident: incident({ id: 'waits' }), kind: 'opened', step: 1 })
    leaderships[0]?.turn(false)
    leaderships[1]?.turn(true)
    await clock.advance(40 * SECOND)
    expect(ops.taken.map(({ note }) => note.title)).toEqual(['unheard is down', 'waits is down'])
    await second.commit({ incident: incident({ id: 'unheard', status: 'resolved' }), kind: 'resolved', step: 2 })
    await second.commit({ incident: incident({ id: 'waits', status: 'resolved' }), kind: 'resolved', step: 2 })
    await clock.advance(40 * SECOND)
    expect(ops.attempts.map(({ note }) => note.status)).toEqual(['firing', 'firing', 'resolved', 'resolved'])
  })

  test('two that both believe to lead use one key', async () => {
    const clock = testClock()
    const keys: string[][] = [[], []]
    for (const side of keys) {
      // Each half of a split has a storage that the other does not see.
      await using engine = await startAlerts({
        clock,
        routes: [{ channels: ['ops'], groupWaitMs: 0 }],
        notifiers: () => ({ ops: recordingNotifier(clock, ({ key }) => void side.push(key)) }),
      })
      await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
      await clock.advance(SECOND)
    }
    expect(keys[0]).toHaveLength(1)
    expect(keys[0]).toEqual(keys[1])
  })
})
