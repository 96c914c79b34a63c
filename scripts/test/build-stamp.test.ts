import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Build, buildOnce, isUpToDate } from '../build-stamp.ts'

let workspace = ''
let made = 0

const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true })
  writeFileSync(path.join(workspace, file), text)
}

beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'sightline-stamp-'))
  made = 0
  write('src/index.ts', 'one')
  write('src/deep/file.ts', 'two')
  write('package.json', '{}')
})

afterEach(() => rmSync(workspace, { recursive: true, force: true }))

const build = (): Build => ({
  name: 'it',
  inputs: ['src', 'package.json', 'missing.json'],
  outputs: ['dist/index.js'],
  workspace,
})

const make = async (): Promise<void> => {
  made += 1
  write('dist/index.js', `built ${made}`)
}

test('builds once, and not again while nothing changes', async () => {
  expect(await buildOnce(build(), make)).toBe('built')
  expect(await buildOnce(build(), make)).toBe('up to date')
  expect(made).toBe(1)
})

test.each([
  ['a changed file', () => write('src/deep/file.ts', 'three')],
  ['a new file', () => write('src/new.ts', '')],
  ['a renamed file', () => renameSync(path.join(workspace, 'src/deep/file.ts'), path.join(workspace, 'src/deep/other.ts'))],
  ['a missing input that appears', () => write('missing.json', '{}')],
  ['an output that is gone', () => rmSync(path.join(workspace, 'dist'), { recursive: true })],
])('builds again after %s', async (_, change) => {
  await buildOnce(build(), make)
  change()
  expect(await buildOnce(build(), make)).toBe('built')
})

test('what lies in dist and node_modules is no input', async () => {
  await buildOnce({ ...build(), inputs: ['.'] }, make)
  write('dist/other.js', '')
  write('node_modules/library/index.js', '')
  expect(isUpToDate({ ...build(), inputs: ['.'] })).toBe(true)
})

test('a failed build is not taken for done', async () => {
  await buildOnce(build(), make)
  write('src/index.ts', 'changed')
  await expect(buildOnce(build(), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  write('src/index.ts', 'one')
  expect(isUpToDate(build())).toBe(false)
})

test('a build that leaves nothing is said so', async () => {
  await expect(buildOnce(build(), async () => {})).rejects.toThrow('left no dist/index.js')
})
