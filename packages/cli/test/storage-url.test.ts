import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseStorageUrl, storageFrom } from '../src/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-storage-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('parseStorageUrl', () => {
  it.each([
    ['memory:', { kind: 'memory' }],
    ['sqlite:./data/sightline.db', { kind: 'sqlite', file: './data/sightline.db' }],
    ['sqlite:///var/lib/sightline.db', { kind: 'sqlite', file: '/var/lib/sightline.db' }],
    ['sqlite:/var/lib/sightline.db', { kind: 'sqlite', file: '/var/lib/sightline.db' }],
    ['sqlite:', null],
    ['sqlite://', null],
    ['postgres://localhost/x', { kind: 'postgres', url: 'postgres://localhost/x' }],
    ['postgresql://u:p@db:5432/x', { kind: 'postgres', url: 'postgresql://u:p@db:5432/x' }],
    ['postgres://', null],
    ['postgres://db:port/x', null],
    ['mysql://localhost/x', null],
    ['mongodb://127.0.0.1/x', { kind: 'mongo', url: 'mongodb://127.0.0.1/x' }],
    ['mongodb://u:p@a:1,b:2/x?replicaSet=r', { kind: 'mongo', url: 'mongodb://u:p@a:1,b:2/x?replicaSet=r' }],
    ['mongodb+srv://a.example/x', { kind: 'mongo', url: 'mongodb+srv://a.example/x' }],
    ['mongodb://', null],
    ['mongodb:///x', null],
    ['./data/sightline.db', null],
    ['', null],
  ])('%j', (url, expected) => {
    expect(parseStorageUrl(url)).toEqual(expected)
  })
})

describe('storageFrom', () => {
  it('opens a SQLite file, and makes its folder', async () => {
    const file = path.join(folder, 'a', 'b', 'sightline.db')
    const storage = storageFrom(`sqlite:${file}`)
    await storage.connect({ collections: [], format: { writes: 1, reads: 1 } })
    expect((await storage.ping()).serverTime).toBeGreaterThan(0)
    await storage.close()
    expect(storage.name).toBe('sqlite')
    expect((await stat(file)).size).toBeGreaterThan(0)
  })

  it('keeps nothing with memory:', () => {
    expect(storageFrom('memory:').name).toBe('memory')
  })

  it('makes a PostgreSQL storage without loading its driver', () => {
    const script = `import { createRequire } from 'node:module'
      import { storageFrom } from '@sightline/cli'
      const driverFiles = () => Object.keys(createRequire(import.meta.url).cache).filter((file) => /node_modules.pg\\W/.test(file)).length
      const storage = storageFrom('postgres://u@127.0.0.1:1/x', { readUrl: 'postgres://u@127.0.0.1:2/x' })
      const before = driverFiles()
      await storage.connect({ collections: [], format: { writes: 1, reads: 1 } }).catch(() => {})
      await storage.close()
      console.log(storage.name, before, driverFiles() > 0)`
    const { stdout } = spawnSync(process.execPath, ['--conditions=@sightline/source', '--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    expect(stdout).toBe('postgres 0 true\n')
  })

  it('makes a MongoDB storage without loading its driver', () => {
    const script = `import { createRequire } from 'node:module'
      import { storageFrom } from '@sightline/cli'
      const driverFiles = () => Object.keys(createRequire(import.meta.url).cache).filter((file) => /node_modules.mongodb\\W/.test(file)).length
      const storage = storageFrom('mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=100')
      const before = driverFiles()
      await storage.connect({ collections: [], format: { writes: 1, reads: 1 } }).catch((error) => console.log(error.code))
      await storage.close()
      console.log(storage.name, before, driverFiles() > 0)`
    const { stdout } = spawnSync(process.execPath, ['--conditions=@sightline/source', '--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    expect(stdout).toBe('UNAVAILABLE\nmongo 0 true\n')
  })

  it('says what it cannot open, without the URL', () => {
    expect(() => storageFrom('mysql://u:hunter2@db/x')).toThrow(/^DATABASE_URL: must be memory:, sqlite:<file>/)
  })

  it('says where a folder cannot be made', async () => {
    const file = path.join(folder, 'occupied')
    await writeFile(file, '')
    expect(() => storageFrom(`sqlite:${file}/deep/sightline.db`)).toThrow(/^DATABASE_URL: the folder .*deep cannot be made\.$/)
  })
})
