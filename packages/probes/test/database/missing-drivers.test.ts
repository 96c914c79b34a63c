import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)

it('a driver that is not installed is named, and everything else works without', async () => {
  const file = fileURLToPath(new URL('../processes/without-drivers.ts', import.meta.url))
  const { stdout } = await run(process.execPath, ['--conditions=@sightline/source', file])
  expect(stdout.trim().split('\n')).toEqual([
    'postgres INVALID_CONFIG: This probe needs the package pg: npm i pg.',
    'mongodb INVALID_CONFIG: This probe needs the package mongodb: npm i mongodb.',
    'redis INVALID_CONFIG: This probe needs the package ioredis: npm i ioredis.',
  ])
})
