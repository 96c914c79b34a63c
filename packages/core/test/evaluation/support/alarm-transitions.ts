import type { Notice, Signal } from '../../../src/evaluation/alarm.ts'

/** `flapping` by what was heard last. */
export type AlarmState = 'closed' | 'open' | 'keeping' | 'flapping, on' | 'flapping, off'

/** One row of the table; what is absent may be anything. */
export interface Transition {
  readonly from: AlarmState
  readonly signal: Signal | readonly Signal[]
  /** No maintenance, and the monitor is well. */
  readonly mayOpen?: boolean
  /** With this turn there are as many within the window as make flapping. */
  readonly often?: boolean
  /** What is kept has been over for `keepFiringForMs`; what flaps has not turned for the whole window. */
  readonly due?: boolean
  /** `keepFiringForMs` is above 0. */
  readonly keeps?: boolean
  readonly to: AlarmState
  readonly told: readonly Notice[]
}

/** Complete: every state under every input, each by exactly one row. */
export const alarmTransitions: readonly Transition[] = [
  { from: 'closed', signal: 'on', mayOpen: true, often: false, to: 'open', told: ['open'] },
  { from: 'closed', signal: 'on', mayOpen: true, often: true, to: 'flapping, on', told: ['open', 'flapping'] },
  { from: 'closed', signal: 'on', mayOpen: false, to: 'closed', told: [] },
  { from: 'closed', signal: ['off', 'hold'], to: 'closed', told: [] },
  { from: 'open', signal: 'off', often: false, keeps: true, to: 'keeping', told: [] },
  { from: 'open', signal: 'off', often: false, keeps: false, to: 'closed', told: ['resolve'] },
  { from: 'open', signal: 'off', often: true, to: 'flapping, off', told: ['flapping'] },
  { from: 'open', signal: ['on', 'hold'], to: 'open', told: [] },
  { from: 'keeping', signal: 'on', often: false, to: 'open', told: [] },
  { from: 'keeping', signal: 'on', often: true, to: 'flapping, on', told: ['flapping'] },
  { from: 'keeping', signal: 'off', due: false, to: 'keeping', told: [] },
  { from: 'keeping', signal: 'off', due: true, to: 'closed', told: ['resolve'] },
  { from: 'keeping', signal: 'hold', to: 'keeping', told: [] },
  { from: 'flapping, on', signal: 'off', to: 'flapping, off', told: [] },
  { from: 'flapping, on', signal: 'on', due: false, to: 'flapping, on', told: [] },
  { from: 'flapping, on', signal: 'on', due: true, to: 'open', told: ['steady'] },
  { from: 'flapping, on', signal: 'hold', to: 'flapping, on', told: [] },
  { from: 'flapping, off', signal: 'on', to: 'flapping, on', told: [] },
  { from: 'flapping, off', signal: 'off', due: false, to: 'flapping, off', told: [] },
  { from: 'flapping, off', signal: 'off', due: true, to: 'closed', told: ['resolve'] },
  { from: 'flapping, off', signal: 'hold', to: 'flapping, off', told: [] },
]

const spell = (value: boolean | undefined): string => (value === undefined ? '' : value ? 'yes' : 'no')

/** As SPEC.md shows it. */
export const toTable = (transitions: readonly Transition[]): string =>
  [
    '| state | signal | may open | often | due | keeps | next state | told |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...transitions.map(({ from, signal, mayOpen, often, due, keeps, to, told }) => {
      const cells = [from, [signal].flat().join(' or '), ...[mayOpen, often, due, keeps].map(spell), to, told.join(', then ')]
      return `| ${cells.join(' | ')} |`
    }),
  ].join('\n')
