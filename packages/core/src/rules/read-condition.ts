import type { Sample } from '../domain/sample.ts'
import { addEvents, badShare, type Events, type EventWindow, emptyWindow } from '../evaluation/event-window.ts'
import type { RuleCondition } from '../protocol/rules.ts'
import { DEFAULT_PERIOD_MS, emptyBurnCounts, findBurn } from './burn-rate.ts'
import type { CodeCondition, Reading, RuleInForce } from './rule.ts'

/** What a sample says of a rule; null where it says nothing. `windows` are what the rule has counted, this sample included. */
export interface ConditionReading {
  readonly reading: Reading | null
  readonly windows?: readonly EventWindow[]
}

/** `at` in ms of a clock that never steps. */
export type ReadCondition = (sample: Sample, at: number, windows: readonly EventWindow[] | undefined) => ConditionReading

const silent: ConditionReading = { reading: null }
const inBreach: ConditionReading = { reading: 'breach' }
const ok: ConditionReading = { reading: 'ok' }
const held: ConditionReading = { reading: 'hold' }

/** A rule's condition, made ready to be asked for every sample. */
export const compileCondition = (condition: RuleInForce['condition']): ReadCondition => {
  switch (condition.kind) {
    case 'verdict':
      return ({ verdict }) => {
        if (verdict === null) return silent
        return verdict === 'down' || verdict === condition.is ? inBreach : ok
      }
    case 'above':
    case 'below':
      return readThreshold(condition)
    case 'silence':
      return ({ verdict }) => (verdict === null ? silent : ok)
    case 'availability':
      return readAvailability(condition)
    case 'burn-rate':
      return readBurnRate(condition)
    case 'code':
      return readCode(condition)
  }
}

type ConditionOf<Kind extends RuleCondition['kind']> = Extract<RuleCondition, { readonly kind: Kind }>

const readThreshold = ({ kind, value, enter, exit }: ConditionOf<'above' | 'below'>): ReadCondition => {
  const sign = kind === 'above' ? 1 : -1
  const enterAt = sign * enter
  const exitAt = exit === undefined ? null : sign * exit
  return ({ values }) => {
    const found = values[value]
    if (found === undefined) return silent
    const number = sign * found
    if (number >= enterAt) return inBreach
    return exitAt === null || number <= exitAt ? ok : held
  }
}

/** Requests where they are counted, else checks. A degraded one was answered. */
const eventsOf = ({ verdict, values }: Sample): Events | null => {
  const { requests, errors } = values
  if (requests !== undefined && errors !== undefined) {
    return requests > 0 ? { bad: Math.min(Math.max(errors, 0), requests), total: requests } : null
  }
  return verdict === null ? null : { bad: verdict === 'down' ? 1 : 0, total: 1 }
}

const AVAILABILITY_STEPS = 60

/** What a rule about a share of the time begins with; null for every other. */
export const emptyWindows = (condition: RuleInForce['condition']): readonly EventWindow[] | null => {
  if (condition.kind === 'burn-rate') return emptyBurnCounts()
  if (condition.kind !== 'availability') return null
  return [emptyWindow({ stepMs: condition.windowMs / AVAILABILITY_STEPS, steps: AVAILABILITY_STEPS + 1 })]
}

const readAvailability = (condition: ConditionOf<'availability'>): ReadCondition => {
  const { objectivePercent, windowMs } = condition
  const empty = emptyWindows(condition) ?? []
  return (sample, at, counted = empty) => {
    const events = eventsOf(sample)
    if (events === null) return silent
    const windows = counted.map((window) => addEvents(window, at, events))
    const isBelow = windows.some((window) => 100 * (1 - badShare(window, at, windowMs)) < objectivePercent)
    return { reading: isBelow ? 'breach' : 'ok', windows }
  }
}

const readBurnRate = ({ objectivePercent, periodMs = DEFAULT_PERIOD_MS }: ConditionOf<'burn-rate'>): ReadCondition => {
  const empty = emptyBurnCounts()
  return (sample, at, counted = empty) => {
    const events = eventsOf(sample)
    if (events === null) return silent
    const windows = counted.map((window) => addEvents(window, at, events))
    return { reading: findBurn(windows, at, { objectivePercent, periodMs }) === null ? 'ok' : 'breach', windows }
  }
}

const readCode = ({ read }: CodeCondition): ReadCondition => {
  let values: Sample['values'] = {}
  let isMissing = false
  // A number that is not there compares as false both ways: `depth > 500 ? 'breach' : 'ok'` would call the unknown good.
  const watched = new Proxy<Record<string, number>>(
    {},
    {
      get: (_, name) => {
        const found = Object.hasOwn(values, name) ? values[name as string] : undefined
        if (found === undefined) isMissing = true
        return found
      },
      has: (_, name) => Object.hasOwn(values, name),
      ownKeys: () => Object.keys(values),
      getOwnPropertyDescriptor: (_, name) =>
        Object.hasOwn(values, name) ? { value: values[name as string], enumerable: true, configurable: true } : undefined,
    },
  )
  return (sample) => {
    values = sample.values
    isMissing = false
    try {
      const reading = read(watched)
      if (isMissing) return silent
      return reading === 'breach' ? inBreach : reading === 'ok' ? ok : reading === 'hold' ? held : silent
    } catch {
      return silent
    }
  }
}
