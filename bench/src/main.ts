import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { BenchRow } from './bench-row.ts'

const groups: Record<string, () => Promise<BenchRow[]>> = {
  cluster: async () => (await import('./cluster.ts')).clusterBenches(),
  charts: async () => (await import('./charts.ts')).chartsBenches(),
  decisions: async () => (await import('./decisions.ts')).decisionsBenches(),
  detection: async () => (await import('./detection.ts')).detectionBenches(),
  'first-load': async () => (await import('./first-load.ts')).firstLoadBenches(),
  http: async () => (await import('./http-check.ts')).httpCheckBenches(),
  logs: async () => (await import('./logs.ts')).logsBenches(),
  'logs-large': async () => (await import('./logs-large.ts')).logsLargeBenches(),
  'logs-postgres': async () => (await import('./logs-postgres.ts')).logsPostgresBenches(),
  postgres: async () => (await import('./postgres.ts')).postgresBenches(),
  mongo: async () => (await import('./mongo.ts')).mongoBenches(),
  push: async () => (await import('./push.ts')).pushBenches(),
  redis: async () => (await import('./redis.ts')).redisBenches(),
  rules: async () => (await import('./rules.ts')).rulesBenches(),
  samples: async () => (await import('./samples-history.ts')).samplesHistoryBenches(),
  scheduling: async () => (await import('./scheduling.ts')).schedulingBenches(),
  services: async () => (await import('./services.ts')).servicesBenches(),
  sqlite: async () => (await import('./sqlite.ts')).sqliteBenches(),
}

/** These take long and run only where they are named: how long they may, in ms. */
const LONG: Readonly<Record<string, number>> = { charts: 1_800_000, 'logs-large': 3_600_000, 'logs-postgres': 3_600_000 }

const args = process.argv.slice(2)
const isJson = args.includes('--json')
const only = args.filter((arg) => !arg.startsWith('--'))
const unknown = only.filter((name) => groups[name] === undefined)
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}.`)
  process.exit(2)
}

/** A group that takes longer is given up, and said not to be reached. */
const LONGEST_MS = 300_000

const longestOf = (name: string): number => LONG[name] ?? LONGEST_MS

const givenUp = (name: string): BenchRow => ({
  work: name,
  size: '–',
  unit: 'ms',
  value: longestOf(name),
  baseline: null,
  ratio: null,
  reach: 'to be measured',
  reached: false,
  note: 'did not end in time',
})

const within = async (name: string, bench: () => Promise<BenchRow[]>): Promise<BenchRow[]> => {
  const patience = new AbortController()
  const late = setTimeout(longestOf(name), [givenUp(name)], { signal: patience.signal })
  late.catch(() => {})
  try {
    return await Promise.race([bench(), late])
  } finally {
    patience.abort()
  }
}

const rows: BenchRow[] = []
for (const [name, bench] of Object.entries(groups)) {
  if (only.length > 0 ? !only.includes(name) : name in LONG) continue
  console.error(`… ${name}`)
  rows.push(...(await within(name, bench)))
}

const figure = (value: number | null): string =>
  value === null ? '–' : value.toLocaleString('en', { maximumSignificantDigits: 3 })
const cells = (row: BenchRow): string[] => [
  row.work,
  row.size,
  `${figure(row.value)} ${row.unit}`,
  row.baseline === null ? '–' : `${figure(row.baseline)} ${row.unit}`,
  row.ratio === null ? '–' : `${row.ratio.toFixed(2)}×`,
  row.reach,
  row.reached ? 'reached' : 'NOT REACHED',
  row.note ?? '',
]

if (isJson) console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, rows }, null, 2))
else {
  const table = [['work', 'size', 'measured', 'baseline', 'ratio', 'reach', '', ''], ...rows.map(cells)]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  console.log(
    `\n${rows.filter(({ reached }) => reached).length} of ${rows.length} figures reached, on Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`,
  )
}
// What was given up may still hold servers open.
if (rows.some(({ note }) => note === 'did not end in time')) process.exit(1)
