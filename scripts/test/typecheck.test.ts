import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { projectsOf, typecheckProject } from '../typecheck.ts'
import { root } from '../workspace.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightline-types-'))
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: path.join(root, 'tsconfig.base.json'), compilerOptions: { types: [] } }),
  )
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a project with a wrong type has a fault that says where', async () => {
  writeFileSync(path.join(folder, 'sum.ts'), 'export const sum = (numbers: readonly number[]): number => numbers[0]\n')
  expect(await typecheckProject(folder)).toMatch(/sum\.ts.*undefined/)
})

test('a project whose types agree has none', async () => {
  writeFileSync(path.join(folder, 'sum.ts'), 'export const sum = (numbers: readonly number[]): number => numbers[0] ?? 0\n')
  expect(await typecheckProject(folder)).toBeUndefined()
})

test('the projects of some files are those whose folders hold one', () => {
  const projects = ['packages/core', 'packages/core-extra', 'scripts']
  expect(projectsOf(['packages/core/src/a.ts', path.join(root, 'scripts/b.ts'), 'vitest.config.ts'], projects)).toEqual([
    'packages/core',
    'scripts',
  ])
})
