import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { SightlineError } from '@sightline/core'
import type { Notification, NotifyResult } from '@sightline/core/ports'
import type { Group } from '../runner.ts'
import { hostileTexts, notificationOf, plainNotification } from './notifications.ts'
import type { NotifierSubject, PlaceBehaviour, Received } from './subject.ts'

export interface NotifierContext {
  readonly subject: NotifierSubject
  readonly can: readonly PlaceBehaviour[]
}

const KEY = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b'
/** A sum of all texts as large as this is more than anybody wants. */
const MOST_SENT = 500_000
/** Of a flood of 10 MiB; the buffers of both sides' kernels take 4 MiB and more that nobody reads (Linux: `net.ipv4.tcp_wmem`). */
const MOST_READ_BYTES = 8_000_000
const SOON_MS = 5_000

const send = (
  { notifier }: NotifierSubject,
  { note = plainNotification, key = KEY, signal = new AbortController().signal } = {} as {
    readonly note?: Notification
    readonly key?: string
    readonly signal?: AbortSignal
  },
): Promise<NotifyResult> => notifier.send(note, { signal, idempotencyKey: key })

const sole = async (subject: NotifierSubject): Promise<Received> => {
  const received = await subject.received()
  const [first] = received
  assert.equal(received.length, 1, `expected one message, got ${received.length}`)
  assert.ok(first)
  return first
}

/** What sending rejects with; an answer fails. */
const failureOf = async (sending: Promise<unknown>): Promise<SightlineError> => {
  const outcome = await sending.then(
    (answer) => ({ answer }),
    (thrown: unknown) => ({ thrown }),
  )
  if ('answer' in outcome) assert.fail(`expected a rejection, got ${JSON.stringify(outcome.answer)}`)
  const { thrown } = outcome
  assert.ok(thrown instanceof Error && thrown.name === 'SightlineError', `expected a SightlineError, got ${inspect(thrown)}`)
  return SightlineError.from(thrown)
}

const within = async <T>(ms: number, call: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not settle within ${ms} ms`)), ms)
  })
  return Promise.race([call, late]).finally(() => clearTimeout(timer))
}

const TROUBLE = ['UNAVAILABLE', 'TIMEOUT', 'TOO_MANY_REQUESTS']

const messages: Group<NotifierContext> = {
  name: 'messages',
  tests: {
    'a notifier has a name': async ({ subject }) => {
      assert.ok(subject.notifier.name.length > 0)
    },

    'what is sent arrives, with its title, its lines, its facts and how much is left out': async ({ subject }) => {
      await send(subject)
      const shown = subject.shown(await sole(subject))
      for (const text of ['payments is down', 'checkout is slow', 'p95 above 900 ms', 'eu-west', 'and 488 more', 'critical']) {
        assert.ok(shown.includes(text), `${JSON.stringify(text)} is missing in ${shown}`)
      }
    },

    'each status reads differently': async ({ subject }) => {
      const statuses = ['firing', 'resolved', 'flapping', 'steady', 'repeat', 'test'] as const
      for (const status of statuses) await send(subject, { note: { ...plainNotification, status }, key: `${KEY}-${status}` })
      const texts = (await subject.received()).map((received) => subject.shown(received))
      assert.equal(new Set(texts).size, statuses.length)
    },

    'the key is on every attempt, and another message has another': async ({ subject }) => {
      await send(subject)
      await send(subject)
      await send(subject, { key: 'another-key' })
      assert.deepEqual(
        (await subject.received()).map(({ key }) => key),
        [KEY, KEY, 'another-key'],
      )
    },

    'a receipt is a text': async ({ subject }) => {
      const { receipt = '' } = await send(subject)
      assert.equal(typeof receipt, 'string')
    },
  },
}

const texts: Group<NotifierContext> = {
  name: 'texts from outside',
  tests: {
    'change nothing but the text': async ({ subject }) => {
      await send(subject)
      for (const text of hostileTexts) await send(subject, { note: notificationOf(text) })
      const [plain, ...hostile] = await subject.received()
      assert.ok(plain)
      assert.equal(hostile.length, hostileTexts.length)
      const acts = subject.acts(plain)
      for (const [index, received] of hostile.entries()) {
        assert.deepEqual(subject.acts(received), acts, `by ${JSON.stringify(hostileTexts[index])}: ${received.raw}`)
      }
    },

    'of ten megabytes are cut': async ({ subject }) => {
      const huge = 'é<&@*'.repeat(2_000_000)
      const many = Array.from({ length: 5_000 }, () => ({ name: 'n', value: huge }))
      await within(
        30_000,
        send(subject, {
          note: {
            ...notificationOf(huge),
            facts: many,
            items: many.map(() => ({ title: huge, text: huge, severity: 'low', at: 0 })),
          },
        }),
      )
      const { raw } = await sole(subject)
      assert.ok(raw.length < MOST_SENT, `${raw.length} characters were sent`)
    },
  },
}

const failures: Group<NotifierContext> = {
  name: 'failures',
  tests: {
    'a place in trouble reads as that': async ({ subject, can }) => {
      for (const behaviour of can.filter((one) => one === 'fails' || one === 'breaks')) {
        await subject.behave(behaviour)
        const { code } = await failureOf(within(SOON_MS, send(subject)))
        assert.ok(TROUBLE.includes(code), `${behaviour}: ${code}`)
      }
    },

    'a refusal reads as one': async ({ subject }) => {
      await subject.behave('refuses')
      const { code } = await failureOf(within(SOON_MS, send(subject)))
      assert.ok(!TROUBLE.includes(code), code)
    },

    'how long to wait is handed on': async ({ subject }) => {
      await subject.behave('asks-to-wait')
      const { code, retryAfterMs } = await failureOf(within(SOON_MS, send(subject)))
      assert.ok(TROUBLE.includes(code), code)
      assert.equal(retryAfterMs, 7_000)
    },

    'after trouble it works again': async ({ subject, can }) => {
      for (const behaviour of can.filter((one) => one === 'fails' || one === 'breaks' || one === 'refuses')) {
        await subject.behave(behaviour)
        await failureOf(within(SOON_MS, send(subject)))
      }
      await subject.behave('takes')
      const before = (await subject.received()).length
      await within(SOON_MS, send(subject))
      assert.equal((await subject.received()).length, before + 1)
    },

    'it gives up when nobody waits any more': async ({ subject }) => {
      await subject.behave('hangs')
      const waiting = new AbortController()
      const sending = send(subject, { signal: waiting.signal })
      sending.catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 100))
      waiting.abort(new SightlineError('TIMEOUT', 'Too late.'))
      await failureOf(within(SOON_MS, sending))
    },

    'where nobody waits from the start nothing is sent': async ({ subject }) => {
      await failureOf(within(SOON_MS, send(subject, { signal: AbortSignal.abort() })))
      assert.deepEqual(await subject.received(), [])
    },

    'an answer without end is not read to its end': async ({ subject }) => {
      await subject.behave('floods')
      await within(SOON_MS, send(subject)).catch((thrown) => {
        assert.ok(thrown instanceof Error && thrown.name === 'SightlineError', `expected no ${inspect(thrown)}`)
      })
      const bytes = subject.floodedBytes?.() ?? 0
      assert.ok(bytes < MOST_READ_BYTES, `${bytes} bytes of an answer were taken`)
    },

    'errors name no secret': async ({ subject, can }) => {
      for (const behaviour of can) {
        if (behaviour === 'takes' || behaviour === 'floods') continue
        await subject.behave(behaviour)
        const error = await failureOf(within(SOON_MS, send(subject, { signal: AbortSignal.timeout(300) })))
        const everything = `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}`
        for (const secret of subject.secrets)
          assert.ok(!everything.includes(secret), `${behaviour}: a secret is in ${error.message}`)
      }
    },
  },
}

/** What a place must be able to do, so that a test can be made of it. */
const NEEDS: Readonly<Record<string, readonly PlaceBehaviour[]>> = {
  'a place in trouble reads as that': ['fails', 'breaks'],
  'a refusal reads as one': ['refuses'],
  'how long to wait is handed on': ['asks-to-wait'],
  'after trouble it works again': ['fails', 'breaks', 'refuses'],
  'it gives up when nobody waits any more': ['hangs'],
  'an answer without end is not read to its end': ['floods'],
  'errors name no secret': ['fails', 'breaks', 'refuses', 'asks-to-wait', 'hangs'],
}

/** The groups of the notifier suite, without the tests that this place cannot be brought to. */
export const notifierGroups = (can: readonly PlaceBehaviour[]): readonly Group<NotifierContext>[] =>
  [messages, texts, failures].map((group) => ({
    ...group,
    tests: Object.fromEntries(
      Object.entries(group.tests).filter(([title]) => NEEDS[title]?.some((behaviour) => can.includes(behaviour)) ?? true),
    ),
  }))
