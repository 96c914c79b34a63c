import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type Alarm, type AlarmPolicy, foldAlarm, type Signal } from '../../src/evaluation/alarm.ts'
import { type AlarmState, alarmTransitions, type Transition, toTable } from './support/alarm-transitions.ts'

const states: readonly AlarmState[] = ['closed', 'open', 'keeping', 'flapping, on', 'flapping, off']
const signals: readonly Signal[] = ['on', 'off', 'hold']
const both = [true, false]
const NOW = 1_000_000
const flapping = { turns: 3, withinMs: 60_000 }
const KEEP_MS = 20_000

interface Input {
  readonly signal: Signal
  readonly mayOpen: boolean
  readonly often: boolean
  readonly due: boolean
  readonly keeps: boolean
}

const inputs: readonly Input[] = signals.flatMap((signal) =>
  both.flatMap((mayOpen) =>
    both.flatMap((often) => both.flatMap((due) => both.map((keeps) => ({ signal, mayOpen, often, due, keeps })))),
  ),
)

const matches = (row: Transition, from: AlarmState, input: Input): boolean =>
  row.from === from &&
  [row.signal].flat().includes(input.signal) &&
  (['mayOpen', 'often', 'due', 'keeps'] as const).every((name) => row[name] === undefined || row[name] === input[name])

/** An alarm in a state, with so many turns behind it and so long after its last step as the input says. */
const alarmIn = (state: AlarmState, { often, due }: Input): Alarm => {
  const isFlapping = state.startsWith('flapping')
  const sinceLast = isFlapping ? (due ? flapping.withinMs : flapping.withinMs - 1) : due ? KEEP_MS : KEEP_MS - 1
  const last = NOW - sinceLast
  return {
    phase: isFlapping ? 'flapping' : (state as Alarm['phase']),
    isOn: state === 'open' || state === 'flapping, on',
    since: last,
    turns: isFlapping ? [last - 2, last - 1, last] : often ? [last - 1, last] : [last],
  }
}

const stateOf = ({ phase, isOn }: Alarm): AlarmState => (phase === 'flapping' ? `flapping, ${isOn ? 'on' : 'off'}` : phase)

test('every state under every input does what exactly one row of the transition table says', () => {
  let walked = 0
  for (const from of states) {
    for (const input of inputs) {
      const rows = alarmTransitions.filter((row) => matches(row, from, input))
      expect(rows, `rows of ${from} under ${JSON.stringify(input)}`).toHaveLength(1)
      const policy: AlarmPolicy = { flapping, keepFiringForMs: input.keeps || from === 'keeping' ? KEEP_MS : 0 }
      const { alarm, notices } = foldAlarm(alarmIn(from, input), { ...input, at: NOW }, policy)
      expect({ to: stateOf(alarm), told: notices }, `${from} under ${JSON.stringify(input)}`).toEqual({
        to: rows[0]?.to,
        told: rows[0]?.told,
      })
      walked++
    }
  }
  expect(walked).toBe(states.length * 3 * 2 ** 4)
})

test('SPEC shows the table as it is walked', async () => {
  const spec = await readFile(new URL('../../spec/rules.md', import.meta.url), 'utf8')
  expect(spec).toContain(toTable(alarmTransitions))
})

test('what was observed before a phase began takes it nowhere', () => {
  const open: Alarm = { phase: 'open', isOn: true, since: NOW, turns: [] }
  expect(foldAlarm(open, { signal: 'off', mayOpen: true, at: NOW - 1 }, { flapping: null, keepFiringForMs: 0 })).toEqual({
    alarm: open,
    notices: [],
  })
})
