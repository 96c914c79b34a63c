import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkCoverage } from '../checks/coverage.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightline-coverage-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const check = (measured: Readonly<Record<string, { readonly pct: number; readonly total: number }>>) => {
  const file = path.join(folder, 'coverage-summary.json')
  writeFileSync(file, JSON.stringify({ total: measured }))
  return checkCoverage(file).filter(({ fault }) => fault !== undefined)
}

const full = { pct: 100, total: 50 }
const all = { lines: full, statements: full, functions: full, branches: full }

test('each measure stands on its own floor of 80 %', () => {
  expect(check(all)).toEqual([])
  expect(check({ ...all, lines: { pct: 80, total: 50 } })).toEqual([])
  expect(check({ ...all, branches: { pct: 79.9, total: 50 } })).toEqual([
    { name: 'coverage of core: branches', fault: expect.stringContaining('79.9 %') },
  ])
})

test('nothing measured is no coverage', () => {
  expect(check({ ...all, lines: { pct: 100, total: 0 } })).toHaveLength(1)
  expect(checkCoverage(path.join(folder, 'nowhere.json'))[0]?.fault).toContain('no coverage was measured')
})
