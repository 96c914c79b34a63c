import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createWriteBuffer, type PendingWrite } from '../../src/storage/write-buffer.ts'

const write = (region: string, n: number, length = 1): PendingWrite => ({
  change: { key: { team: 't', api: 'a', region }, body: 'x'.repeat(length), hash: String(n), at: n, fence: 0, detector: '' },
  writeId: `${region}${n}`,
  offeredAt: 0,
  shown: false,
  replayed: false,
})

test('whatever comes and goes: bounds hold, order holds, and the youngest of each target survives as long as there is room for one each', () => {
  const command = fc.oneof(
    fc.record({
      kind: fc.constant('push' as const),
      region: fc.constantFrom('a', 'b', 'c'),
      length: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ kind: fc.constant('shift' as const), region: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('take' as const), region: fc.constantFrom('a', 'b', 'c') }),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const buffer = createWriteBuffer({ maxWrites: 6, maxBytes: 1_000 })
      const youngest = new Map<string, number>()
      let pushed = 0
      let shifted = 0
      commands.forEach((step, n) => {
        if (step.kind === 'push') {
          buffer.push(step.region, write(step.region, n, step.length))
          youngest.set(step.region, n)
          pushed++
        } else if (step.kind === 'take') buffer.take(step.region)
        else if (buffer.take(step.region) !== null) {
          if (buffer.take(step.region) === buffer.last(step.region)) youngest.delete(step.region)
          buffer.shift(step.region)
          shifted++
        }
        expect(buffer.writes).toBeLessThanOrEqual(6)
        expect(buffer.writes).toBe(pushed - shifted - buffer.dropped)
        const all = [...buffer.all()]
        expect(all).toHaveLength(buffer.writes)
        expect(all.reduce((sum, { change }) => sum + change.body.length, 0)).toBe(buffer.bytes)
        for (const id of buffer.ids()) {
          const own = all.filter(({ change }) => change.key.region === id).map(({ change }) => change.at)
          expect(own).toEqual([...own].sort((x, y) => x - y))
        }
        for (const [region, at] of youngest) expect(buffer.last(region)?.change.at).toBe(at)
      })
    }),
  )
})

test('bytes are bounded too, and the last one standing is never dropped for its size', () => {
  const buffer = createWriteBuffer({ maxWrites: 100, maxBytes: 10 })
  for (let n = 0; n < 20; n++) buffer.push('a', write('a', n, 4))
  expect(buffer.bytes).toBeLessThanOrEqual(10)
  expect(buffer.last('a')?.change.at).toBe(19)
  buffer.push('a', write('a', 20, 50))
  expect(buffer.writes).toBe(1)
  expect(buffer.last('a')?.change.at).toBe(20)
  expect(buffer.dropped).toBe(20)
})
