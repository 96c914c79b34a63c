import { describe, expect, it } from 'vitest'
import { patchOrWhole } from '../../src/changes/delta.ts'

const list = Array.from({ length: 1_000 }, (_, i) => ({ name: `service-${i}`, status: 'up', latencyMs: i }))
const withOneChanged = list.map((item, i) => (i === 500 ? { ...item, status: 'down' } : item))

describe('patchOrWhole', () => {
  it('patches a small change of a large document, with under 2 % of it', () => {
    const patch = patchOrWhole({ before: list, after: withOneChanged })
    expect(patch).toEqual([{ op: 'replace', path: '/500/status', value: 'down' }])
    expect(JSON.stringify(patch).length).toBeLessThan(JSON.stringify(list).length * 0.02)
  })

  it('prefers the whole where the patch weighs more than its share', () => {
    expect(patchOrWhole({ before: { a: 1 }, after: { a: 2 } })).toBeNull()
    expect(patchOrWhole({ before: list, after: [] })).toBeNull()
    expect(patchOrWhole({ before: 1, after: list })).toBeNull()
  })

  it('weighs exactly: at the share it still patches', () => {
    const [before, after] = [
      { a: 1, b: 'x'.repeat(100) },
      { a: 2, b: 'x'.repeat(100) },
    ]
    const share = JSON.stringify([{ op: 'replace', path: '/a', value: 2 }]).length / JSON.stringify(after).length
    expect(patchOrWhole({ before, after, maxShare: share })).not.toBeNull()
    expect(patchOrWhole({ before, after, maxShare: share - 0.001 })).toBeNull()
    expect(patchOrWhole({ before, after, maxShare: 0 })).toBeNull()
  })

  it('takes the length of the whole from a caller that knows it', () => {
    expect(patchOrWhole({ before: { a: 1 }, after: { a: 2 }, wholeLength: 1_000 })).not.toBeNull()
  })

  it('has an empty patch for no change', () => {
    expect(patchOrWhole({ before: list, after: structuredClone(list) })).toEqual([])
  })
})
