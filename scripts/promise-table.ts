/**
 * `npm run docs:promises`: writes into `docs/storage.md` which promises hold on which adapter, as the conformance suites of the last
 * `npm test` found them (`reports/vitest.json`).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './workspace.ts'

interface Assertion {
  readonly ancestorTitles: readonly string[]
  readonly title: string
  readonly status: string
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[]
}

/** What became of a group's tests on one adapter. */
interface Cell {
  passed: number
  total: number
  readonly exceptions: string[]
}

const kinds = ['storage', 'bus', 'cache', 'leases', 'scheduler', 'transport'] as const
const suiteName = new RegExp(`^(${kinds.join('|')}): (.+)$`)
const begin = '<!-- promises -->'
const end = '<!-- /promises -->'

/** Kind → adapter → group → what became of it. Suites that try a broken driver out are nobody's adapter. */
export const readPromises = (report: Report): ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Cell>>> => {
  const found = new Map<string, Map<string, Map<string, Cell>>>()
  for (const { ancestorTitles, title, status } of report.testResults.flatMap(({ assertionResults }) => assertionResults)) {
    const at = ancestorTitles.findIndex((name) => suiteName.test(name))
    const [, kind, adapter] = suiteName.exec(ancestorTitles[at] ?? '') ?? []
    const group = ancestorTitles[at + 1]
    if (kind === undefined || adapter === undefined || group === undefined) continue
    const adapters = found.get(kind) ?? new Map<string, Map<string, Cell>>()
    const groups = adapters.get(adapter) ?? new Map<string, Cell>()
    const cell = groups.get(group) ?? { passed: 0, total: 0, exceptions: [] }
    found.set(kind, adapters.set(adapter, groups.set(group, cell)))
    cell.total++
    const [, exception] = /^exception: (.+)$/.exec(title) ?? []
    if (exception !== undefined) cell.exceptions.push(exception)
    else if (status === 'passed') cell.passed++
  }
  return found
}

const textOf = (cell: Cell | undefined, notes: string[]): string => {
  if (cell === undefined) return '–'
  const marks = cell.exceptions.map((exception) => {
    const known = notes.indexOf(exception)
    return `[${known < 0 ? notes.push(exception) : known + 1}]`
  })
  const asked = cell.total - cell.exceptions.length
  return [cell.passed === asked ? `${asked}` : `**${cell.passed} of ${asked}**`, ...marks].join(' ')
}

/** A table for each kind of adapter: how many tests of each group pass, and the named exceptions below. */
export const writeTables = (promises: ReturnType<typeof readPromises>): string =>
  kinds
    .flatMap((kind) => {
      const adapters = promises.get(kind)
      if (adapters === undefined) return []
      const names = [...adapters.keys()].sort()
      const groups = [...new Set([...adapters.values()].flatMap((each) => [...each.keys()]))]
      const notes: string[] = []
      const rows = groups.map(
        (group) => `| ${group} | ${names.map((name) => textOf(adapters.get(name)?.get(group), notes)).join(' | ')} |`,
      )
      return [
        [
          `### ${kind[0]?.toUpperCase()}${kind.slice(1)}`,
          '',
          `| promises | ${names.join(' | ')} |`,
          `| --- |${' --- |'.repeat(names.length)}`,
          ...rows,
          ...(notes.length === 0 ? [] : ['', ...notes.map((note, index) => `[${index + 1}] ${note}  `)]),
        ].join('\n'),
      ]
    })
    .join('\n\n')

if (import.meta.main) {
  const report = JSON.parse(readFileSync(path.join(root, 'reports', 'vitest.json'), 'utf8')) as Report
  const file = path.join(root, 'docs', 'storage.md')
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${file} needs ${begin} and ${end}.`)
  writeFileSync(file, `${before}${begin}\n\n${writeTables(readPromises(report))}\n\n${end}${after}`)
  console.log(`${file} says what holds where.`)
}
