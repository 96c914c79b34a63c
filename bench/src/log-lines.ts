import type { LogInput } from '@sightline/core'

/** The same numbers in every run: a linear congruence of 32 bits (Numerical Recipes), its upper bits. */
export const createPicker = (seed: number) => {
  let state = seed >>> 0
  const share = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 4) / 2 ** 28
  }
  return { share, below: (count: number): number => Math.floor(share() * count) }
}

type Picker = ReturnType<typeof createPicker>

/** Ranks by Zipf's law: the k-th is picked in proportion to 1/k. */
const createZipf = (count: number, { share }: Picker): (() => number) => {
  const sums = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + 1)
  return () => {
    const wanted = share() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] as number) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

const SYLLABLES = ['ba', 'con', 'der', 'el', 'fi', 'gra', 'hu', 'in', 'jo', 'ka', 'lo', 'mer', 'nu', 'op', 'pre', 'qui']
const FREQUENT = [
  ...['request', 'completed', 'for', 'user', 'order', 'in', 'the', 'failed', 'connection', 'timeout', 'retry', 'cache'],
  ...['payment', 'queue', 'session', 'started', 'from', 'shard', 'commit', 'replica', 'worker', 'checkout', 'gateway', 'flush'],
]
const VOCABULARY = 20_000

/** `wordOf(0)` is the most frequent. */
export const wordOf = (rank: number): string =>
  FREQUENT[rank] ??
  `${SYLLABLES[rank % 16]}${SYLLABLES[(rank >>> 4) % 16]}${SYLLABLES[(rank >>> 8) % 16]}${SYLLABLES[(rank >>> 12) % 16]}`

const SERVICES = 40
export const serviceOf = (rank: number): string => `${FREQUENT[12 + (rank % 12)]}-${rank}`
export const SERVICE_COUNT = SERVICES

/** Of a thousand lines. */
const SEVERITIES = [
  ['debug', 150],
  ['info', 750],
  ['warn', 70],
  ['error', 28],
  ['fatal', 2],
] as const

export const ORDERS = 500_000
export const USERS = 100_000

/**
 * Lines as a fleet of 40 services on 60 hosts writes them: a vocabulary of 20,000 words and services by Zipf's law, routes with ids, a trace
 * in every second line, stacks in errors, a secret in every fiftieth; two of three come from an agent that numbers them. Times are late by
 * up to two seconds.
 */
export const createLogLines = (seed: number) => {
  const picker = createPicker(seed)
  const { below, share } = picker
  const word = createZipf(VOCABULARY, picker)
  const service = createZipf(SERVICES, picker)
  const hex = (): string => below(2 ** 28).toString(16)
  let numbered = 0
  let trace = hex()

  const severity = (): (typeof SEVERITIES)[number][0] => {
    let wanted = below(1_000)
    for (const [name, share] of SEVERITIES) {
      wanted -= share
      if (wanted < 0) return name
    }
    return 'info'
  }

  const message = (isError: boolean): string => {
    const words = Array.from({ length: 4 + below(6) }, () => wordOf(word())).join(' ')
    if (isError) return `${wordOf(below(30))} failed: ${wordOf(below(12))} of order ${below(ORDERS)} after ${below(9_000)} ms`
    switch (below(10)) {
      case 0:
        return `login of user ${below(USERS)} with password=hunter${below(99)} from 10.${below(200)}.${below(250)}.${below(250)}`
      case 1:
      case 2:
        return `GET /orders/${below(ORDERS)} ${200 + below(3) * 100} in ${below(900)} ms`
      case 3:
      case 4:
        return `${words} order ${below(ORDERS)} took ${below(900)} ms`
      default:
        return words
    }
  }

  const nextLine = (at: number): LogInput => {
    const level = severity()
    const isError = level === 'error' || level === 'fatal'
    const host = below(60)
    if (below(4) === 0) trace = `${hex()}${hex()}`
    const isRequest = share() < 0.5
    return {
      at: at - below(2_000),
      service: serviceOf(service()),
      severity: level,
      message: message(isError),
      fields: {
        host: `node-${host}`,
        ...(isRequest
          ? { method: 'GET', path: `/orders/${below(ORDERS)}`, status: 200 + below(4) * 100, userId: below(USERS) }
          : {}),
        ...(below(50) === 0 ? { headers: { authorization: `Bearer abc.${hex()}`, accept: 'application/json' } } : {}),
        ...(isError
          ? {
              error: {
                name: 'TypeError',
                stack: `TypeError: x\n    at ${wordOf(below(30))} (/app/src/${wordOf(below(30))}.js:${below(400)}:7)`,
              },
            }
          : {}),
      },
      ...(isRequest ? { traceId: trace } : {}),
      ...(below(3) === 0 ? {} : { id: `agent${host}-${(numbered++).toString(36)}-${at.toString(36)}` }),
    }
  }

  return { nextLine, picker }
}
