import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type QueuedAlert, settleAlerts } from '../../src/alerts/settle-alerts.ts'
import type { Alert } from '../../src/protocol/alerts.ts'

const WAIT = 30

const queued = (kind: Alert['kind'], at: number, status: Alert['status'] = 'waiting'): QueuedAlert => ({
  team: 'default',
  seenAt: at,
  alert: {
    id: `${kind} ${at}`,
    incident: 'i',
    kind,
    channel: 'ops',
    group: 'g',
    severity: 'high',
    rule: null,
    tags: [],
    service: null,
    region: null,
    title: 't',
    reason: 'r',
    at,
    status,
    heldBy: null,
    delivery: null,
  },
})

const settle = (entries: readonly QueuedAlert[], { wasTold = false, isFlapping = false } = {}) =>
  settleAlerts(entries, { wasTold, isFlapping, dueAt: ({ alert }) => alert.at + WAIT }).keep.map(({ alert }) => alert.id)

test.each([
  ['a beginning is told', [queued('firing', 0)], {}, ['firing 0']],
  ['over before it was due: nothing', [queued('firing', 0), queued('resolved', 29)], {}, []],
  [
    'should have been told before it was over: both',
    [queued('firing', 0), queued('resolved', 30)],
    {},
    ['firing 0', 'resolved 30'],
  ],
  ['held until it was over: nothing', [queued('firing', 0, 'held'), queued('resolved', 90)], {}, []],
  ['the end of what was told', [queued('resolved', 9)], { wasTold: true }, ['resolved 9']],
  ['the end of what was not', [queued('resolved', 9)], {}, []],
  ['over, and again: nothing new', [queued('resolved', 9), queued('firing', 12)], { wasTold: true }, []],
  ['over, again, over', [queued('resolved', 1), queued('firing', 2), queued('resolved', 3)], { wasTold: true }, ['resolved 3']],
  ['more severe than told', [queued('firing', 9)], { wasTold: true }, ['firing 9']],
  ['the last of several beginnings', [queued('firing', 1), queued('firing', 2)], {}, ['firing 2']],
  ['a notice of flapping says that it fires', [queued('firing', 1), queued('flapping', 2)], {}, ['flapping 2']],
  ['steady after what was told', [queued('steady', 2)], { wasTold: true, isFlapping: true }, ['steady 2']],
  ['steady after what was not', [queued('flapping', 1), queued('steady', 2)], { wasTold: true }, []],
  [
    'over is over, flapping or not',
    [queued('flapping', 1), queued('steady', 2), queued('resolved', 3)],
    { wasTold: true },
    ['resolved 3'],
  ],
] as const)('%s', (_, entries, known, kept) => {
  expect(settle(entries, known)).toEqual(kept)
})

test('whatever comes in whatever lots, the last told is how it stands, and each end follows a beginning', () => {
  const step = fc.record({ after: fc.integer({ min: 1, max: 60 }), flush: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      let at = 0
      let wasTold = false
      let waiting: QueuedAlert[] = []
      const told: Alert['kind'][] = []
      const flush = (): void => {
        for (const kind of settleAlerts(waiting, { wasTold, isFlapping: false, dueAt: (entry) => entry.alert.at + WAIT }).keep) {
          told.push(kind.alert.kind)
          wasTold = kind.alert.kind === 'firing'
        }
        waiting = []
      }
      for (const [index, { after, flush: isDue }] of steps.entries()) {
        at += after
        waiting.push(queued(index % 2 === 0 ? 'firing' : 'resolved', at))
        if (isDue) flush()
      }
      flush()
      const fires = steps.length % 2 === 1
      expect(wasTold).toBe(fires)
      for (const [index, kind] of told.entries()) expect(kind).toBe(index % 2 === 0 ? 'firing' : 'resolved')
    }),
  )
})

test('nothing is lost: what is not kept is dropped', () => {
  const kinds = fc.array(fc.constantFrom<Alert['kind']>('firing', 'resolved', 'flapping', 'steady'), { maxLength: 20 })
  fc.assert(
    fc.property(kinds, fc.boolean(), fc.boolean(), (all, wasTold, isFlapping) => {
      const entries = all.map((kind, index) => queued(kind, index))
      const { keep, drop } = settleAlerts(entries, { wasTold, isFlapping, dueAt: ({ alert }) => alert.at + WAIT })
      expect(new Set([...keep, ...drop])).toEqual(new Set(entries))
      expect(keep.length + drop.length).toBe(entries.length)
      if (wasTold && all.findLast((kind) => kind === 'firing' || kind === 'resolved') === 'resolved') {
        expect(keep.map(({ alert }) => alert.kind)).toEqual(['resolved'])
      }
    }),
  )
})
