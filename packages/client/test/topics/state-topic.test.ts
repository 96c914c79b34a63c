import type { StateFrame } from '@sightline/core/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ApplyContext } from '../../src/topics/applied.ts'
import { applyState, emptyState, type StateTopic, settleState } from '../../src/topics/state-topic.ts'
import { at, context, patchTo, whole } from '../support/frames.ts'

const known = (revision = 5, data: unknown = { open: revision }): StateTopic =>
  applyState(emptyState, whole(at(revision), data), context).state

const answer: ApplyContext = { ...context, isAnswer: true }
const held: ApplyContext = { ...context, isHeld: true }
const six = { open: 6 }
const raise = [{ op: 'replace', path: '/open', value: 6 }] as const

interface Case {
  readonly state?: StateTopic
  readonly frame: StateFrame
  readonly context?: ApplyContext
  /** The revision and epoch that are proven afterwards. */
  readonly version: string | null
  readonly data: unknown
  readonly resync?: string
}

const cases: Record<string, Case> = {
  'nothing known, a whole document': { state: emptyState, frame: whole(at(1), six), version: 'e1@1', data: six },
  'nothing known, null as a document': { state: emptyState, frame: whole(at(1), null), version: 'e1@1', data: null },
  'nothing known, a patch': {
    state: emptyState,
    frame: patchTo(at(5), at(6), six, raise),
    version: null,
    data: undefined,
    resync: 'a patch that does not fit',
  },
  'nothing known, a reset': { state: emptyState, frame: whole(at(1), six, { reset: true }), version: 'e1@1', data: six },
  'a newer document': { frame: whole(at(9), { open: 9 }), version: 'e1@9', data: { open: 9 } },
  'a newer document, a digest that does not fit': {
    frame: { ...whole(at(6), six), digest: '0'.repeat(40) },
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a digest that does not fit',
  },
  'a frame with neither document nor patch': {
    frame: { topic: 't', kind: 'state', version: at(6), digest: whole(at(6), six).digest },
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a frame without a document',
  },
  'a patch on what is known': { frame: patchTo(at(5), at(6), six, raise), version: 'e1@6', data: six },
  'a patch on what is known, over several revisions': { frame: patchTo(at(5), at(8), six, raise), version: 'e1@8', data: six },
  'a patch on an older base': {
    frame: patchTo(at(4), at(6), six, raise),
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a patch that does not fit',
  },
  'a patch on a newer base': {
    frame: patchTo(at(6), at(7), six, raise),
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a patch that does not fit',
  },
  'a patch on a base of another epoch': {
    frame: patchTo(at(5, 'e2'), at(6), six, raise),
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a patch that does not fit',
  },
  'a patch that leads elsewhere than its digest': {
    frame: { ...patchTo(at(5), at(6), six, raise), patch: [{ op: 'replace', path: '/open', value: 7 }] },
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a digest that does not fit',
  },
  'a patch of a place that is not there': {
    frame: { ...patchTo(at(5), at(6), six, raise), patch: [{ op: 'remove', path: '/closed' }] },
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a patch that does not fit',
  },
  'an older document': { frame: whole(at(4), { open: 4 }), version: 'e1@5', data: { open: 5 } },
  'an older document before the answer': {
    frame: whole(at(4), { open: 4 }, { reset: true }),
    context: held,
    version: 'e1@5',
    data: { open: 5 },
  },
  'an older document on purpose': {
    frame: whole(at(4), { open: 4 }, { reset: true }),
    version: 'e1@5',
    data: { open: 5 },
    resync: 'an older revision than the one shown',
  },
  'an older document as the answer': {
    frame: whole(at(4), { open: 4 }),
    context: answer,
    version: 'e1@5',
    data: { open: 5 },
    resync: 'an older revision than the one shown',
  },
  'an older document as the answer, insisted on': {
    frame: whole(at(4), { open: 4 }),
    context: { ...answer, mayGoBack: true },
    version: 'e1@4',
    data: { open: 4 },
  },
  'the same again': { frame: whole(at(5), { open: 5 }), version: 'e1@5', data: { open: 5 } },
  'the same again as a reset': { frame: whole(at(5), { open: 5 }, { reset: true }), version: 'e1@5', data: { open: 5 } },
  'another document under the same version': {
    frame: whole(at(5), six),
    version: 'e1@5',
    data: { open: 5 },
    resync: 'another document under the same version',
  },
  'another document under the same version, as the answer': {
    frame: whole(at(5), six),
    context: answer,
    version: 'e1@5',
    data: six,
  },
  'another epoch with a reset': { frame: whole(at(1, 'e2'), six, { reset: true }), version: 'e2@1', data: six },
  'another epoch without a reset': {
    frame: whole(at(7, 'e2'), six),
    version: 'e1@5',
    data: { open: 5 },
    resync: 'another epoch without a reset',
  },
  'another epoch as the answer': { frame: whole(at(1, 'e2'), six), context: answer, version: 'e2@1', data: six },
  'another epoch before the answer': {
    frame: whole(at(1, 'e2'), six, { reset: true }),
    context: held,
    version: 'e2@1',
    data: six,
    resync: 'the epoch changed while subscribing',
  },
  'a reset of another epoch with a patch': {
    frame: { ...patchTo(at(5), at(1, 'e2'), six, raise), base: at(5, 'e2'), reset: true },
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a patch that does not fit',
  },
  'a provisional document': { frame: whole(at(5), six, { provisional: true }), version: 'e1@5', data: six },
  'a provisional document where nothing is known': {
    state: emptyState,
    frame: whole(at(0, ''), six, { provisional: true }),
    version: null,
    data: six,
  },
  'a provisional document of another epoch': { frame: whole(at(0, ''), six, { provisional: true }), version: 'e1@5', data: six },
  'a provisional document of an older revision': {
    frame: whole(at(4), six, { provisional: true }),
    version: 'e1@5',
    data: { open: 5 },
  },
  'a provisional document that does not fit its digest': {
    frame: { ...whole(at(5), six, { provisional: true }), digest: '0'.repeat(40) },
    version: 'e1@5',
    data: { open: 5 },
    resync: 'a digest that does not fit',
  },
  'a provisional patch on what is known': {
    frame: { ...patchTo(at(5), at(5), six, raise), provisional: true },
    version: 'e1@5',
    data: six,
  },
}

const show = ({ version }: StateTopic) => version && `${version.epoch}@${version.revision}`

test.each(Object.entries(cases))('%s', (_, { state = known(), frame, context: how = context, version, data, resync }) => {
  const before = structuredClone(state)
  const after = applyState(state, frame, how)
  expect({ version: show(after.state), data: after.state.data, resync: after.resync }).toEqual({ version, data, resync })
  expect(state).toEqual(before)
})

describe('provisional documents', () => {
  const shown = applyState(known(), whole(at(5), { open: 50 }, { provisional: true }), context).state

  test('are replaced by later ones', () => {
    expect(applyState(shown, whole(at(5), { open: 51 }, { provisional: true }), context).state.data).toEqual({ open: 51 })
  })
  test('are no base for patches: those stand on what is proven', () => {
    const after = applyState(shown, patchTo(at(5), at(6), six, raise), context)
    expect(after).toMatchObject({ state: { data: six, version: at(6), provisional: null } })
    expect(after.resync).toBeUndefined()
  })
  test('give way when the same revision is confirmed again', () => {
    expect(applyState(shown, whole(at(5), { open: 5 }), context).state).toMatchObject({ data: { open: 5 }, provisional: null })
    expect(settleState(shown)).toMatchObject({ data: { open: 5 }, provisional: null })
  })
  test('of an older version than the one shown are left alone', () => {
    const later = applyState(known(), whole(at(7), { open: 70 }, { provisional: true }), context).state
    expect(applyState(later, whole(at(6), { open: 60 }, { provisional: true }), context).state.data).toEqual({ open: 70 })
  })
})

describe('identity', () => {
  const before = known(5, { open: 5, hosts: [{ name: 'a' }, { name: 'b' }] })

  test.each([
    ['a patch', patchTo(at(5), at(6), { open: 6, hosts: [{ name: 'a' }, { name: 'b' }] }, raise)],
    ['a whole document', whole(at(6), { open: 6, hosts: [{ name: 'a' }, { name: 'b' }] })],
    ['a new epoch', whole(at(1, 'e2'), { open: 6, hosts: [{ name: 'a' }, { name: 'b' }] }, { reset: true })],
  ])('%s keeps the parts it does not touch', (_, frame) => {
    const { data } = applyState(before, frame, context).state as { data: { hosts: unknown } }
    expect(data.hosts).toBe((before.data as { hosts: unknown }).hosts)
  })
  test('a document with the same content is the same object', () => {
    expect(applyState(before, whole(at(6), structuredClone(before.data)), context).state.data).toBe(before.data)
  })
})

test('whatever arrives in whatever order: nothing is confirmed that was not sent under that version, and no epoch goes back', () => {
  const frame = fc.record({
    revision: fc.integer({ min: 1, max: 6 }),
    epoch: fc.constantFrom('e1', 'e2'),
    form: fc.constantFrom('whole', 'patch', 'reset', 'provisional', 'corrupt'),
  })
  const documentOf = (revision: number, epoch: string) => ({ revision, epoch, name: `document ${revision} of ${epoch}` })
  const toFrame = ({ revision, epoch, form }: { revision: number; epoch: string; form: string }): StateFrame => {
    const data = documentOf(revision, epoch)
    const version = at(revision, epoch)
    if (form === 'reset') return whole(version, data, { reset: true })
    if (form === 'provisional') return whole(version, data, { provisional: true })
    if (form === 'corrupt') return { ...whole(version, data), data: { ...data, name: 'something else' } }
    if (form === 'whole' || revision === 1) return whole(version, data)
    return patchTo(at(revision - 1, epoch), version, data, [
      { op: 'replace', path: '/revision', value: revision },
      { op: 'replace', path: '/name', value: data.name },
    ])
  }
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 40 }), (frames) => {
      let state = emptyState
      for (const each of frames) {
        const sent = toFrame(each)
        const { state: next } = applyState(state, sent, context)
        if (next.version) {
          expect(next.confirmed).toEqual(documentOf(next.version.revision, next.version.epoch))
          if (next.version.epoch === state.version?.epoch)
            expect(next.version.revision).toBeGreaterThanOrEqual(state.version.revision)
          else if (state.version) expect(sent.reset).toBe(true)
        }
        if (next.provisional === null) expect(next.data).toEqual(next.confirmed)
        state = next
      }
    }),
    { numRuns: 300 },
  )
})
