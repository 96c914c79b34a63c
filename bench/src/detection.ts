import { hash } from 'node:crypto'
import stableStringify from 'safe-stable-stringify'
import { type Baseline, detectChange } from '../../packages/core/src/changes/detect-change.ts'
import { compileDetector } from '../../packages/core/src/changes/detector.ts'
import type { BenchRow } from './bench-row.ts'
import { hostMetrics } from './host-metrics.ts'
import { median } from './median.ts'

const ROUNDS = 80
const WARM_UP_ROUNDS = 20
const BATCH_MS = 3

interface Pair {
  readonly value: number
  readonly baseline: number
  readonly ratio: number
}

const microsecondsOf = (work: () => void, times: number): number => {
  const start = process.hrtime.bigint()
  for (let i = 0; i < times; i++) work()
  return Number(process.hrtime.bigint() - start) / times / 1_000
}

/** Both in turn, in short batches and alternating order, so that what slows the machine slows both. Medians, of ratios too. */
const compare = (work: () => void, baseline: () => void): Pair => {
  const times = Math.max(1, Math.round((BATCH_MS * 1_000) / microsecondsOf(baseline, 200)))
  const pairs = Array.from({ length: WARM_UP_ROUNDS + ROUNDS }, (_, round) => {
    if (round % 2 === 0) {
      const first = microsecondsOf(work, times)
      return { work: first, baseline: microsecondsOf(baseline, times) }
    }
    const first = microsecondsOf(baseline, times)
    return { work: microsecondsOf(work, times), baseline: first }
  }).slice(WARM_UP_ROUNDS)
  return {
    value: median(pairs.map((pair) => pair.work)),
    baseline: median(pairs.map((pair) => pair.baseline)),
    ratio: median(pairs.map((pair) => pair.work / pair.baseline)),
  }
}

const detector = compileDetector()

const baselineOf = (bytes: Uint8Array): Baseline => {
  const found = detectChange(null, bytes, detector)
  if (found.kind !== 'changed') throw new Error(`A first document is ${found.kind}.`)
  return found.baseline
}

const expectKind = (kind: string, expected: string): void => {
  if (kind !== expected) throw new Error(`Expected ${expected}, found ${kind}.`)
}

const rowOf = (pair: Pair, row: Pick<BenchRow, 'work' | 'size' | 'note'>, limit: number): BenchRow => ({
  ...row,
  ...pair,
  unit: 'µs',
  reach: `≤ ${limit.toFixed(1)}×`,
  reached: pair.ratio <= limit,
})

const unchanged = (kilobytes: number): BenchRow => {
  const bytes = hostMetrics(kilobytes * 1_000, 1)
  const baseline = baselineOf(bytes)
  const pair = compare(
    () => expectKind(detectChange(baseline, bytes, detector).kind, 'same-bytes'),
    () => {
      hash('sha1', bytes)
    },
  )
  return rowOf(pair, { work: 'unchanged poll', size: `${kilobytes} KB`, note: "against crypto.hash('sha1', bytes)" }, 1.3)
}

const changed = (kilobytes: number): BenchRow => {
  const documents = Array.from({ length: 8 }, (_, seed) => hostMetrics(kilobytes * 1_000, seed + 2))
  const stored = baselineOf(hostMetrics(kilobytes * 1_000, 1))
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let turn = 0
  const next = (): Uint8Array => documents[turn++ % documents.length] as Uint8Array
  for (const bytes of documents) {
    const theirs = hash('sha1', stableStringify(JSON.parse(decoder.decode(bytes))) ?? '')
    if (baselineOf(bytes).hash !== theirs) throw new Error('The two canonical hashes differ: they do not do the same work.')
  }
  const pair = compare(
    () => expectKind(detectChange(stored, next(), detector).kind, 'changed'),
    () => {
      hash('sha1', stableStringify(JSON.parse(decoder.decode(next()))) ?? '')
    },
  )
  const note = 'whole detection, from bytes; against decode + JSON.parse + safe-stable-stringify + SHA-1'
  return rowOf(pair, { work: 'changed poll, canonical hash', size: `${kilobytes} KB`, note }, 1)
}

/** What it costs to say that a document is, or is not, what it was. */
export const detectionBenches = async (): Promise<BenchRow[]> => [1, 10, 100].map(unchanged).concat([1, 10, 100].map(changed))
