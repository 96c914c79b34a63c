import type { ContentLine, LineCounts } from './archive-line.ts'

const NOUNS: Readonly<Record<ContentLine['kind'], readonly [one: string, many: string]>> = {
  snapshot: ['document', 'documents'],
  removed: ['removed target', 'removed targets'],
  record: ['record', 'records'],
  point: ['sample', 'samples'],
  bucket: ['rollup', 'rollups'],
  log: ['log line', 'log lines'],
}

const number = new Intl.NumberFormat('en')

/** As people read it: `1,204 documents, 3 records`. With `of`, how many there are in all. */
export const describeCounts = (counts: LineCounts, of: LineCounts = counts): string => {
  const kinds = Object.keys(NOUNS) as readonly ContentLine['kind'][]
  const parts = kinds.flatMap((kind) => {
    const all = of[kind] ?? 0
    if (all === 0) return []
    const done = counts[kind] ?? 0
    return `${done === all ? '' : `${number.format(done)} of `}${number.format(all)} ${NOUNS[kind][all === 1 ? 0 : 1]}`
  })
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}
