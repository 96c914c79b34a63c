import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

test('a page compiles with the DOM’s types alone, and reaches neither Node’s, nor zod, nor the server', {
  timeout: 120_000,
}, async () => {
  const tsc = at('../../../../node_modules/typescript-native/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', at('./browser'), '--listFiles'], {
    maxBuffer: 2 ** 24,
  })
  const files = stdout.split('\n').filter((line) => line !== '')
  expect(files.some((file) => file.endsWith('/packages/client/src/client.ts'))).toBe(true)
  expect(files.some((file) => file.endsWith('/packages/core/src/protocol/contract.ts'))).toBe(true)
  expect(files.filter((file) => /\/node_modules\/(?:.*\/)?(?:zod|@types\/node)\//.test(file))).toEqual([])
  expect(files.filter((file) => /\/packages\/core\/src\/(?!protocol\/|ports\/|errors\.ts)/.test(file))).toEqual([])
})
