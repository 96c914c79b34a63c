import { readFileSync } from 'node:fs'
import path from 'node:path'
import semver from 'semver'
import { expect, test } from 'vitest'
import { root } from '../workspace.ts'

/** The oldest releases without a hole that a client of ours could reach. */
const floors = { 'engine.io': '6.6.10', 'socket.io-parser': '4.2.7', ws: '8.21.0' }

const lockfile = readFileSync(path.join(root, 'pnpm-lock.yaml'), 'utf8')

/** Every version of a library that the lockfile names, whoever asks for it. */
const lockedVersions = (name: string): readonly string[] => {
  const entry = new RegExp(`^  '?${name.replaceAll('.', '\\.')}@([0-9][^:'(]*)`, 'gm')
  return [...new Set([...lockfile.matchAll(entry)].map((match) => match[1]!))]
}

test.each(Object.entries(floors))('every %s in the lockfile is at least %s', (name, floor) => {
  const versions = lockedVersions(name)
  expect(versions).not.toEqual([])
  expect(versions.filter((version) => semver.lt(version, floor))).toEqual([])
})
