import { addTurn, type FlappingPolicy, isTurningOften, noTurns, steadyAt, type Turns } from './turns.ts'

/** `closed`: nothing to tell. `open`: told of. `keeping`: over, and not told of yet. `flapping`: told that it comes and goes. */
export type AlarmPhase = 'closed' | 'open' | 'keeping' | 'flapping'

/** What a rule says of a service (or of one of its regions) now. `hold`: there is no telling. */
export type Signal = 'on' | 'off' | 'hold'

export type Notice = 'open' | 'resolve' | 'flapping' | 'steady'

/** What was told of a rule for a service or a region. Times are ms of a clock that never steps. */
export interface Alarm {
  readonly phase: AlarmPhase
  /** What was heard last. */
  readonly isOn: boolean
  /** When this phase began; what was observed before says nothing any more. */
  readonly since: number
  readonly turns: Turns
}

export interface AlarmPolicy {
  readonly keepFiringForMs: number
  readonly flapping: FlappingPolicy | null
}

export interface AlarmInput {
  readonly signal: Signal
  /** false in maintenance, and while the monitor itself is unwell. */
  readonly mayOpen: boolean
  readonly at: number
}

export interface AlarmStep {
  readonly alarm: Alarm
  readonly notices: readonly Notice[]
}

export const closedAlarm: Alarm = { phase: 'closed', isOn: false, since: Number.NEGATIVE_INFINITY, turns: noTurns }

const unchanged = (alarm: Alarm): AlarmStep => ({ alarm, notices: [] })

/**
 * One step of an alarm; the transition table stands in `spec/rules.md`. Signals are levels: the same one again changes nothing, and time alone
 * is told as the signal as it stands. It ends only on `off`: what is not heard any more never does.
 */
export const foldAlarm = (alarm: Alarm, input: AlarmInput, policy: AlarmPolicy): AlarmStep => {
  if (input.at < alarm.since) return unchanged(alarm)
  switch (alarm.phase) {
    case 'closed':
      return input.signal === 'on' && input.mayOpen ? turn(alarm, input, policy) : unchanged(alarm)
    case 'open':
      return input.signal === 'off' ? turn(alarm, input, policy) : unchanged(alarm)
    case 'keeping':
      if (input.signal === 'on') return turn(alarm, input, policy)
      return input.signal === 'off' && input.at - alarm.since >= policy.keepFiringForMs
        ? close(alarm, input.at)
        : unchanged(alarm)
    case 'flapping':
      return foldFlapping(alarm, input, policy)
  }
}

/** When time alone may take it on; null where it cannot. */
export const alarmDueAt = ({ phase, since, turns }: Alarm, policy: AlarmPolicy): number | null => {
  if (phase === 'keeping') return since + policy.keepFiringForMs
  return phase === 'flapping' ? steadyAt(turns, policy.flapping) : null
}

const turn = (alarm: Alarm, { at }: AlarmInput, policy: AlarmPolicy): AlarmStep => {
  const isOn = !alarm.isOn
  const turns = addTurn(alarm.turns, at, policy.flapping)
  const opening: readonly Notice[] = alarm.phase === 'closed' ? ['open'] : []
  if (isTurningOften(turns, at, policy.flapping)) {
    return { alarm: { phase: 'flapping', isOn, since: at, turns }, notices: [...opening, 'flapping'] }
  }
  if (isOn) return { alarm: { phase: 'open', isOn, since: at, turns }, notices: opening }
  const keeping: Alarm = { phase: 'keeping', isOn, since: at, turns }
  return policy.keepFiringForMs > 0 ? unchanged(keeping) : close(keeping, at)
}

const close = (alarm: Alarm, at: number): AlarmStep => ({
  alarm: { phase: 'closed', isOn: false, since: at, turns: alarm.turns },
  notices: ['resolve'],
})

const foldFlapping = (alarm: Alarm, { signal, at }: AlarmInput, policy: AlarmPolicy): AlarmStep => {
  if (signal === (alarm.isOn ? 'off' : 'on')) {
    return unchanged({ ...alarm, isOn: !alarm.isOn, turns: addTurn(alarm.turns, at, policy.flapping) })
  }
  if (signal === 'hold' || at < steadyAt(alarm.turns, policy.flapping)) return unchanged(alarm)
  if (!alarm.isOn) return close({ ...alarm, turns: noTurns }, at)
  return { alarm: { phase: 'open', isOn: true, since: at, turns: noTurns }, notices: ['steady'] }
}
