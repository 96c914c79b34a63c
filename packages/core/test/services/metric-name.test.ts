import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldMetricName, unitOfMetric } from '../../src/services/metric-name.ts'

const word = fc.string({ minLength: 1, maxLength: 10 }).filter((text) => !/[[\]{}]/.test(text))
const tag = word.filter((text) => !/[=,"]/.test(text) && text !== '__proto__')
const metric = fc.record(
  { name: word, unit: word, tags: fc.dictionary(tag, fc.string({ maxLength: 10 }), { maxKeys: 3, noNullPrototype: true }) },
  { requiredKeys: ['name'] },
)

test('a folded name has name, unit and tags, the tags by name', () => {
  expect(foldMetricName({ name: 'depth' })).toBe('depth')
  expect(foldMetricName({ name: 'depth', unit: 'jobs', tags: {} })).toBe('depth[jobs]')
  expect(foldMetricName({ name: 'depth', tags: { zone: 'a', queue: 'x"y' } })).toBe('depth{queue="x\\"y",zone="a"}')
  expect(unitOfMetric('depth[jobs]{zone="[s]"}')).toBe('jobs')
  expect(unitOfMetric('depth{zone="[s]"}')).toBeNull()
})

test('no two metrics share a name, and the unit is read back', () => {
  fc.assert(
    fc.property(metric, metric, (a, b) => {
      const same =
        a.name === b.name &&
        a.unit === b.unit &&
        JSON.stringify(Object.entries(a.tags ?? {}).sort()) === JSON.stringify(Object.entries(b.tags ?? {}).sort())
      expect(foldMetricName(a) === foldMetricName(b)).toBe(same)
      expect(unitOfMetric(foldMetricName(a))).toBe(a.unit ?? null)
    }),
  )
})
