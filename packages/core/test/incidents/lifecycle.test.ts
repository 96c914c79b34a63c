import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type IncidentRecord, toDetail } from '../../src/incidents/incident-record.ts'
import { type IncidentState, type Step, stateOf, TRANSITIONS, takeStep } from '../../src/incidents/lifecycle.ts'
import { openIncident } from '../../src/incidents/open-incident.ts'

const opened = openIncident({
  ...{ id: 'i1', key: 'k', ordinal: 1, rule: 'r', service: 's', region: null, title: 'T', severity: 'high' },
  ...{ reason: 'why', tags: [], at: 1_000, by: 'r' },
})

const must = (record: IncidentRecord, step: Step): IncidentRecord => {
  const taken = takeStep(record, step)
  if (taken.outcome !== 'taken') throw new Error(`${step.kind} was not taken`)
  return taken.record
}

const plain = (kind: Exclude<Step['kind'], 'assign' | 'severity'>, at = 2_000): Step => ({ kind, at, by: 'ann', text: 'text' })
const steps: Readonly<Record<Step['kind'], Step>> = {
  acknowledge: plain('acknowledge'),
  investigate: plain('investigate'),
  assign: { kind: 'assign', at: 2_000, by: 'ann', assignee: 'bob' },
  comment: plain('comment'),
  severity: { kind: 'severity', at: 2_000, by: 'ann', severity: 'low' },
  flapping: plain('flapping'),
  steady: plain('steady'),
  resolve: plain('resolve'),
  reopen: plain('reopen'),
}

const records: Readonly<Record<IncidentState, IncidentRecord>> = {
  open: opened,
  acknowledged: must(opened, plain('acknowledge', 1_500)),
  investigating: must(opened, plain('investigate', 1_500)),
  resolved: must(opened, plain('resolve', 1_500)),
}

/** The first table of the specification: by step, then by state. */
const readTable = async (): Promise<Map<string, Map<string, string>>> => {
  const text = await readFile(new URL('../../spec/incidents.md', import.meta.url), 'utf8')
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const [head = [], , ...body] = rows.slice(
    0,
    rows.findIndex(([first], index) => index > 0 && first === 'decision'),
  )
  return new Map(body.map(([step = '', ...cells]) => [step, new Map(cells.map((cell, index) => [head[index + 1] ?? '', cell]))]))
}

test('every step from every state does what the table of the specification says', async () => {
  const table = await readTable()
  expect([...table.keys()].toSorted()).toEqual(Object.keys(steps).toSorted())
  let walked = 0
  for (const [kind, cells] of table) {
    expect([...cells.keys()]).toEqual(Object.keys(records))
    for (const [state, expected] of cells) {
      const before = records[state as IncidentState]
      expect(TRANSITIONS[state as IncidentState][kind as Step['kind']], `${kind} of ${state}`).toBe(expected)
      const isOn = expected === 'noted' && kind === 'steady'
      const from = isOn ? must(before, plain('flapping', 1_600)) : before
      const taken = takeStep(from, steps[kind as Step['kind']])
      walked++
      if (expected === 'same' || expected === 'refused') {
        expect(taken.outcome, `${kind} of ${state}`).toBe(expected)
        continue
      }
      if (taken.outcome !== 'taken') throw new Error(`${kind} of ${state} is ${taken.outcome}`)
      expect(stateOf(taken.record.incident), `${kind} of ${state}`).toBe(expected === 'noted' ? state : expected)
      expect(taken.record.step).toBe(from.step + 1)
      expect(taken.record.timeline).toHaveLength(from.timeline.length + 1)
      // Once more from there: nothing to note, or a comment like any other.
      const again = takeStep(taken.record, steps[kind as Step['kind']])
      expect(again.outcome, `${kind} of ${state}, again`).toBe(kind === 'comment' ? 'taken' : 'same')
    }
  }
  expect(walked).toBe(36)
})

test('a refusal says what the incident is and what could be done', () => {
  expect(takeStep(records.resolved, steps.acknowledge)).toEqual({
    outcome: 'refused',
    reason: 'The incident is resolved: there is nothing to acknowledge.',
  })
  expect(takeStep(records.resolved, steps.assign)).toMatchObject({ reason: expect.stringContaining('reopen it') })
})

test('times to acknowledge and to resolve count from the opening; a reopening asks for a new acknowledgement', () => {
  const seen = must(opened, plain('acknowledge', 4_000))
  expect(seen.incident).toMatchObject({ acknowledgedAt: 4_000, timeToAcknowledgeMs: 3_000 })
  const ended = must(seen, plain('resolve', 61_000))
  expect(ended.incident).toMatchObject({ resolvedAt: 61_000, timeToResolveMs: 60_000, status: 'resolved' })
  const back = must(ended, plain('reopen', 70_000))
  expect(back.incident).toMatchObject({
    ...{ status: 'open', acknowledgedAt: null, resolvedAt: null, timeToResolveMs: null, timeToAcknowledgeMs: 3_000, reopens: 1 },
  })
  expect(back).not.toHaveProperty('resolvedAt')
  expect(must(back, plain('investigate', 80_000)).incident).toMatchObject({ acknowledgedAt: 80_000, timeToAcknowledgeMs: 3_000 })
  // A clock that was set back.
  expect(must(opened, plain('resolve', 500)).incident).toMatchObject({ resolvedAt: 1_000, updatedAt: 1_000, timeToResolveMs: 0 })
})

test('a comment knows whom it mentions', () => {
  const { timeline } = must(opened, {
    kind: 'comment',
    at: 2_000,
    by: 'ann',
    text: 'Ask @bob.smith and @Åsa, not ann@example.com. @bob.smith!',
  })
  expect(timeline.at(-1)).toMatchObject({ kind: 'commented', mentions: ['bob.smith', 'Åsa'] })
})

test('whatever is done in whatever order, the record agrees with itself', () => {
  const anyStep = fc
    .record({ kind: fc.constantFrom(...(Object.keys(steps) as Step['kind'][])), gap: fc.integer({ min: -1_000, max: 60_000 }) })
    .map(({ kind, gap }) => ({ step: steps[kind], gap }))
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (walk) => {
      let record = opened
      let at = 1_000
      for (const { step, gap } of walk) {
        at += gap
        const before = record
        const taken = takeStep(record, { ...step, at })
        if (taken.outcome === 'taken') record = taken.record
        expect(record.step).toBe(before.step + (taken.outcome === 'taken' ? 1 : 0))
        const { incident, isActive, timeline } = record
        // Whatever the clock did: the gaps may be negative.
        const times = timeline.map((event) => event.at)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect(incident.updatedAt).toBe(times.at(-1))
        for (const time of [incident.acknowledgedAt, incident.resolvedAt, record.since]) {
          expect(time ?? incident.openedAt).toBeGreaterThanOrEqual(incident.openedAt)
          expect(time ?? incident.updatedAt).toBeLessThanOrEqual(incident.updatedAt)
        }
        expect(incident.resolvedAt ?? record.since).toBeGreaterThanOrEqual(record.since)
        if (incident.resolvedAt !== null) expect(incident.timeToResolveMs).toBe(incident.resolvedAt - incident.openedAt)
        expect(incident.timeToAcknowledgeMs ?? 0).toBeGreaterThanOrEqual(0)
        expect(isActive).toBe(incident.status !== 'resolved')
        expect(incident.resolvedAt === null).toBe(isActive)
        expect(incident.timeToResolveMs === null).toBe(isActive)
        expect(record.resolvedAt ?? null).toBe(incident.resolvedAt)
        expect(record.status).toBe(incident.status)
        expect(incident.status === 'investigating' && incident.acknowledgedAt === null).toBe(false)
        expect(incident.isFlapping && !isActive).toBe(false)
        expect(timeline[0]?.kind).toBe('opened')
        expect(new Set(timeline.map(({ id }) => id)).size).toBe(timeline.length)
        expect(timeline.filter(({ kind }) => kind === 'commented')).toHaveLength(incident.commentCount)
        expect(toDetail(record).timeline.length + record.omittedEvents).toBe(record.step)
      }
    }),
    { numRuns: 300 },
  )
})
