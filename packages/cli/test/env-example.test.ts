import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { expect, it } from 'vitest'
import { readEnvironment } from '../src/index.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const example = read('../../../.env.example')

it('.env.example shows every default as it is', () => {
  expect(readEnvironment({}, example)).toEqual(readEnvironment({}))
})

it('.env.example lists every variable that is read', () => {
  const names = [...read('../src/environment.ts').matchAll(/'([A-Z][A-Z_]+)'/g)].map(([, name]) => name)
  const listed = new Set([...Object.keys(parseEnv(example)), 'ENVIRONMENT', 'REDIS_URL', 'WRITE_DATABASE_URL'])
  expect(new Set(names)).toEqual(listed)
  expect(example).toContain('ENVIRONMENT is an alias')
  expect(example).toContain('REDIS_URL is an alias')
  expect(example).toContain('WRITE_DATABASE_URL is an alias')
})
