import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contentFault } from '../checks/packages-step.ts'
import { runCommand } from '../command.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightline-tarball-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const good = {
  'package.json': '{"exports":{".":"./dist/index.js"}}',
  'dist/index.js': '',
  'dist/index.d.ts': '',
  LICENSE: '',
  'README.md': '',
}

const faultOf = async (files: Readonly<Record<string, string | undefined>>): Promise<string | undefined> => {
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) continue
    const file = path.join(folder, 'package', name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const tarball = path.join(folder, 'it.tgz')
  const packed = await runCommand('sh', ['-c', `find package -type f | tar -czf it.tgz -T -`], { cwd: folder })
  expect(packed.exitCode).toBe(0)
  return contentFault(tarball)
}

test('a tarball with all it needs and no more has no fault', async () => {
  expect(await faultOf(good)).toBeUndefined()
})

test.each([
  ['no declarations', { 'dist/index.d.ts': undefined }, 'lacks package/dist/index.d.ts'],
  ['no licence', { LICENSE: undefined }, 'lacks package/LICENSE'],
  ['a script that is not ASCII', { 'dist/chunk.js': '// so\n// and so on …\n' }, 'dist/chunk.js is not ASCII: // and so on …'],
  ['sources', { 'src/index.ts': '' }, 'holds package/src/index.ts'],
  [
    'the source condition',
    { 'package.json': '{"exports":{".":{"@sightline/source":"./src/index.ts"}}}' },
    'still names the condition',
  ],
  [
    'a workspace range',
    { 'package.json': '{"dependencies":{"@sightline/core":"workspace:*"}}' },
    'still holds a workspace: range',
  ],
])('%s is a fault', async (_, change, fault) => {
  expect(await faultOf({ ...good, ...change })).toContain(fault)
})

test('a page for the browser may say what it likes', async () => {
  expect(await faultOf({ ...good, 'dist/page/index.js': '"…"' })).toBeUndefined()
})

test('what is no tarball is a fault', async () => {
  writeFileSync(path.join(folder, 'it.tgz'), 'not one')
  expect(await contentFault(path.join(folder, 'it.tgz'))).toContain('not a readable tarball')
})
