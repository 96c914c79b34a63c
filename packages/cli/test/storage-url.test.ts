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
    ['postgres://localhost/x', null],
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

  it('says what it cannot open, without the URL', () => {
    expect(() => storageFrom('postgres://u:hunter2@db/x')).toThrow(/^DATABASE_URL: must be memory: or sqlite:<file>/)
  })

  it('says where a folder cannot be made', async () => {
    const file = path.join(folder, 'occupied')
    await writeFile(file, '')
    expect(() => storageFrom(`sqlite:${file}/deep/sightline.db`)).toThrow(/^DATABASE_URL: the folder .*deep cannot be made\.$/)
  })
})
