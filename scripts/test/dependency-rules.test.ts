import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { cruiseWorkspace } from '../checks/dependency-rules.ts'

const { forbidden }: { readonly forbidden: readonly { readonly name: string }[] } = createRequire(import.meta.url)(
  '../../.dependency-cruiser.cjs',
)

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const libraries = ['zod', 'lodash', 'undeclared', 'for-tests']
const packages = ['core', 'client', 'react-hooks', 'probes', 'server-socketio']

/** A workspace of small packages that import what the given files say; `import x` lines are made from the names. */
const createWorkspace = (imports: Readonly<Record<string, readonly string[]>>): string => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'sightline-rules-')))
  folders.push(folder)
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  for (const name of libraries) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: './index.js' }))
    write(`node_modules/${name}/index.js`, 'module.exports = {}')
  }
  mkdirSync(path.join(folder, 'node_modules/@sightline'), { recursive: true })
  for (const name of packages) {
    const exports = {
      '.': { '@sightline/source': './src/index.ts' },
      './protocol': { '@sightline/source': './src/protocol/index.ts' },
    }
    write(
      `packages/${name}/package.json`,
      JSON.stringify({
        name: `@sightline/${name}`,
        exports,
        dependencies: { zod: '*', lodash: '*' },
        devDependencies: { 'for-tests': '*' },
      }),
    )
    write(`packages/${name}/src/index.ts`, 'export const here = 1\n')
    symlinkSync(`../../packages/${name}`, path.join(folder, `node_modules/@sightline/${name}`))
  }
  write('packages/core/src/protocol/index.ts', 'export const wire = 1\n')
  write('packages/core/src/memory/store.ts', 'export const store = 1\nexport type Store = number\n')
  write('packages/core/test/fixture.ts', 'export const fixture = 1\n')
  for (const name of ['examples/demo', 'bench', 'scripts']) write(`${name}/main.ts`, 'export const main = 1\n')
  for (const [file, specifiers] of Object.entries(imports)) {
    write(file, specifiers.map((specifier) => `${specifier.replace(/^(?!import)(.*)$/, "import '$1'")}\n`).join(''))
  }
  return folder
}

test('an import that points inward breaks no rule', async () => {
  const folder = createWorkspace({
    'packages/core/src/changes/digest.ts': ['node:crypto'],
    'packages/core/src/changes/detect.ts': ['./digest.ts', 'zod'],
    'packages/core/src/ports/storage.ts': ['../protocol/index.ts'],
    'packages/probes/src/http.ts': ['@sightline/core', 'node:http', 'zod'],
    'packages/client/src/connect.ts': ['@sightline/core/protocol', "import type { here } from '@sightline/core'"],
    'packages/react-hooks/src/use-topic.ts': ['@sightline/client', '@sightline/core/protocol'],
    'packages/client/test/connect.test.ts': ['@sightline/server-socketio', 'for-tests', '../src/connect.ts'],
    'examples/demo/app.ts': ['@sightline/core', '@sightline/server-socketio', 'node:fs'],
  })
  const { violations, modules } = await cruiseWorkspace(folder)
  expect(violations).toEqual([])
  expect(modules).toContain('packages/core/src/changes/detect.ts')
})

/** For each rule, files whose imports break it, and the import that must be found. */
const breaches: Readonly<Record<string, { readonly files: Readonly<Record<string, readonly string[]>>; readonly to: string }>> = {
  'no-cycle': {
    files: { 'packages/probes/src/a.ts': ['./b.ts'], 'packages/probes/src/b.ts': ['./a.ts'] },
    to: 'packages/probes/src/b.ts',
  },
  'no-unresolvable': { files: { 'packages/probes/src/a.ts': ['./nowhere.ts'] }, to: './nowhere.ts' },
  'core-stands-alone': { files: { 'packages/core/src/a.ts': ['@sightline/probes'] }, to: 'packages/probes/src/index.ts' },
  'core-few-libraries': { files: { 'packages/core/src/a.ts': ['lodash'] }, to: 'node_modules/lodash/index.js' },
  'core-no-node': { files: { 'packages/core/src/a.ts': ['node:fs'] }, to: 'fs' },
  'ports-are-contracts': {
    files: { 'packages/core/src/ports/a.ts': ['../memory/store.ts'] },
    to: 'packages/core/src/memory/store.ts',
  },
  'protocol-is-browser-safe': {
    files: {
      'packages/core/src/protocol/a.ts': ['../hash.ts'],
      'packages/core/src/hash.ts': ['./changes/digest.ts'],
      'packages/core/src/changes/digest.ts': ['node:crypto'],
    },
    to: 'packages/core/src/changes/digest.ts',
  },
  'adapters-import-core-only': {
    files: { 'packages/server-socketio/src/a.ts': ['@sightline/probes'] },
    to: 'packages/probes/src/index.ts',
  },
  'client-imports-protocol-only': {
    files: { 'packages/client/src/a.ts': ['@sightline/core'] },
    to: 'packages/core/src/index.ts',
  },
  'client-imports-core-only': {
    files: { 'packages/client/src/a.ts': ['@sightline/server-socketio'] },
    to: 'packages/server-socketio/src/index.ts',
  },
  'hooks-import-client-only': {
    files: { 'packages/react-hooks/src/a.ts': ['@sightline/core'] },
    to: 'packages/core/src/index.ts',
  },
  'page-imports-client-only': {
    files: { 'packages/dashboard/page/main.tsx': ['@sightline/core'] },
    to: 'packages/core/src/index.ts',
  },
  'browser-no-node': { files: { 'packages/react-hooks/src/a.ts': ['node:path'] }, to: 'path' },
  'packages-by-name': { files: { 'examples/demo/a.ts': ['../../packages/core/src/index.ts'] }, to: 'packages/core/src/index.ts' },
  'no-test-in-source': { files: { 'packages/core/src/a.ts': ['../test/fixture.ts'] }, to: 'packages/core/test/fixture.ts' },
  'no-undeclared-library': { files: { 'packages/probes/src/a.ts': ['undeclared'] }, to: 'node_modules/undeclared/index.js' },
  'no-development-library': { files: { 'packages/probes/src/a.ts': ['for-tests'] }, to: 'node_modules/for-tests/index.js' },
  'no-deprecated-node': { files: { 'packages/probes/src/a.ts': ['node:punycode'] }, to: 'punycode' },
}

test('each rule is shown to fail', () => {
  expect(Object.keys(breaches)).toEqual(forbidden.map((rule) => rule.name))
})

test.each(Object.entries(breaches))('%s', async (rule, { files, to }) => {
  const [from] = Object.keys(files)
  const { violations } = await cruiseWorkspace(createWorkspace(files))
  expect(violations).toContainEqual({ rule, from, to })
})
