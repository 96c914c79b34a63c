import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { sqliteStorage } from '@sightline/adapter-sql'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fillStore, plan } from './archive/filled-store.ts'

vi.setConfig({ testTimeout: 120_000 })

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
let folder: string
let url: string

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const start = (args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } => {
  const child = spawn(process.execPath, ['--conditions=@sightline/source', main, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
  return { child, ended }
}
const sightline = (...args: readonly string[]): Promise<Ended> => start(args).ended

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-commands-'))
  url = 'sqlite:./full.db'
  // The collection of the test's plugin is in its configuration.
  await writeFile(
    path.join(folder, 'sightline.config.mjs'),
    `const probe = { collect: async () => ({ outcome: 'value', value: {}, latencyMs: 0, values: {} }) }
     export default {
       apis: { orders: { regions: { 'us-east': { probe } } } },
       plugins: [{ name: 'test', collections: [{ name: 'test.thing', parse: (raw) => raw, indexes: { byKind: ['kind'] } }] }],
     }`,
  )
  const storage = sqliteStorage({ file: path.join(folder, 'full.db') })
  await storage.connect(plan)
  await fillStore(storage)
  await storage.close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const checksumIn = ({ stdout }: Ended): string | undefined => /Checksum (\w+)/.exec(stdout)?.[1]

test('backup, verify and restore into another store, each with what it holds and the same checksum', async () => {
  const saved = await sightline('backup', 'monday.gz', '--url', url)
  expect(saved).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(
      'monday.gz holds 183 documents, 1 removed target, 450 records, 1,400 samples, 2 rollups, 1,200 log lines.',
    ),
  })
  const checksum = checksumIn(saved)
  expect(checksum).toMatch(/^[0-9a-f]{64}$/)
  expect(checksumIn(await sightline('verify', 'monday.gz'))).toBe(checksum)
  expect(checksumIn(await sightline('verify', '--url', url))).toBe(checksum)
  const restored = await sightline('restore', 'monday.gz', '--url', 'sqlite:./copy.db')
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('equal to the archive') })
  expect(checksumIn(restored)).toBe(checksum)
  expect(await sightline('backup', 'monday.gz', '--url', url)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is a file monday.gz already'),
  })
})

test('kill -9 at any moment of backup and restore: another run ends equal', async () => {
  const checksum = checksumIn(await sightline('verify', '--url', url))
  for (const afterMs of [500, 800, 1_200]) {
    const backup = start(['backup', `killed-${afterMs}.gz`, '--url', url])
    setTimeout(() => backup.child.kill('SIGKILL'), afterMs)
    const { code } = await backup.ended
    if (code !== 0) expect(checksumIn(await sightline('backup', `killed-${afterMs}.gz`, '--url', url))).toBe(checksum)
    const into = `sqlite:./killed-${afterMs}.db`
    const restore = start(['restore', `killed-${afterMs}.gz`, '--url', into])
    setTimeout(() => restore.child.kill('SIGKILL'), afterMs)
    await restore.ended
    expect(checksumIn(await sightline('restore', `killed-${afterMs}.gz`, '--url', into))).toBe(checksum)
  }
})

test('export as CSV, JSON and NDJSON, of one region, between times; a formula stays text', async () => {
  expect(await sightline('export', 'all.csv', '--url', url)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^all\.csv holds [1-9][\d,]* documents\.\n$/),
  })
  const csv = await readFile(path.join(folder, 'all.csv'), 'utf8')
  expect(csv.split('\r\n')[0]).toBe('at,team,api,region,epoch,revision,document')
  const { code, stdout } = await sightline('export', '-', '--url', url, '--format', 'ndjson', '--region', 'us-east')
  expect(code).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly region: string; readonly revision: number; readonly at: string })
  expect(lines.map(({ revision }) => revision)).toEqual(Array.from({ length: 60 }, (_, index) => 60 - index))
  // The very characters of the document, but those that a terminal would follow.
  expect(stdout).toContain('"document":{"$set":{"a.b":[1e21,-0,1.10]},"":"\\u0000"}}')
  expect(stdout).toContain('"document":{"cleared":"\\u009b2J\\u202e"}}')
  const some = await sightline(
    'export',
    'some.json',
    '--url',
    url,
    '--region',
    'us-east',
    '--from',
    '2026-01-01T00:00:00.010Z',
    '--to',
    '2026-01-01T00:00:00.019Z',
  )
  expect(some).toMatchObject({ code: 0, stdout: 'some.json holds 10 documents.\n' })
  const none = await sightline('export', 'none.csv', '--url', url, '--api', 'no-such-api')
  expect(none).toMatchObject({ code: 0, stdout: 'none.csv holds 0 documents.\n' })
  expect(JSON.parse(await readFile(path.join(folder, 'some.json'), 'utf8'))).toHaveLength(10)
  expect(await sightline('export', 'all.csv', '--url', url)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('all.csv'),
  })
})

test('migrate says that the store is ready; prune deletes what is older, never a latest document', async () => {
  expect(await sightline('migrate', '--url', 'sqlite:./new.db')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('The sqlite store is ready for this version.'),
  })
  await sightline('backup', 'before-prune.gz', '--url', url)
  await sightline('restore', 'before-prune.gz', '--url', 'sqlite:./pruned.db')
  const days = ['--history-days', '1', '--log-days', '1', '--sample-days', '1']
  const pruned = await sightline('prune', '--url', 'sqlite:./pruned.db', ...days, '--archive', 'old')
  expect(pruned).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Archived in old: 183 documents, 1200 log lines, 1400 samples.\n'),
  })
  expect((await readdir(path.join(folder, 'old'))).sort()).toEqual([
    'history-2026-01-01.ndjson.gz',
    'logs-2026-01-01.ndjson.gz',
    'samples-2026-01-01.ndjson.gz',
  ])
  expect(pruned).toMatchObject({ stdout: expect.stringMatching(/\nDeleted what is older than .*: 181 documents, /) })
  const { stdout } = await sightline('export', '-', '--url', 'sqlite:./pruned.db', '--format', 'ndjson')
  expect(stdout.trimEnd().split('\n')).toHaveLength(2)
})

test('bad usage is told with exit code 2, what storage refuses with 1', async () => {
  for (const args of [
    ['backup'],
    ['restore', 'a', 'b'],
    ['export', 'x.txt', '--url', 'sqlite:./full.db'],
    ['prune', '--history-days', 'many', '--url', 'sqlite:./full.db'],
    ['export', 'y.csv', '--from', 'yesterday', '--url', 'sqlite:./full.db'],
    ['backup', 'z.gz', '--url', 'memory:'],
    ['backup', 'z.gz', '--url', 'nonsense'],
    ['backup', 'z.gz', '--url', 'sqlite:./mistyped.db'],
    ['verify', '--url', 'sqlite:./mistyped.db'],
    ['constructor'],
    ['backup', '--nonsense'],
  ]) {
    const { code, stderr } = await sightline(...args)
    expect([args, code]).toEqual([args, 2])
    expect(stderr).not.toMatch(/\n\s+at /)
  }
  expect(await readdir(folder)).not.toContain('mistyped.db')
  await writeFile(path.join(folder, 'garbage.db'), 'x'.repeat(5_000))
  expect(await sightline('verify', '--url', 'sqlite:./garbage.db')).toMatchObject({ code: 1 })
})
