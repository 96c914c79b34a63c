import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/index.ts'

const regions = { 'us-east': { url: 'http://127.0.0.1:4001/status', headers: { 'x-key': 'k' } } }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-config-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (content: object) => writeFile(path.join(folder, 'sightline.config.json'), JSON.stringify(content))
const load = (apiName = 'external') => loadConfig({ directory: folder, environment: { configFile: null, apiName } })

it('is null where there is no configuration', async () => {
  expect(await load()).toBeNull()
})

describe('an api left unnamed', () => {
  it('takes its name from the environment', async () => {
    await write({ intervalMs: 1_000, regions, retention: { historyDays: 7 } })
    expect((await load('billing'))?.config).toEqual({
      apis: { billing: { intervalMs: 1_000, regions } },
      retention: { historyDays: 7 },
    })
  })

  it('has its faults where the file has them', async () => {
    await write({ intervalMS: 1, regions: { a: {}, b: { url: 'http://x', tls: 1 } }, retention: { historyDays: 0 } })
    await expect(load('a.b')).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      fields: [
        { path: 'regions.a', message: 'needs a url' },
        { path: 'intervalMS', message: 'is not an option; did you mean intervalMs?' },
        { path: 'retention.historyDays', message: 'must be a number of days above 0, at most 36,500' },
        { path: 'regions.b.tls', message: 'must be an object' },
      ],
    })
  })
})

it('leaves the options of a region to its own kind of probe, where the configuration brings one', async () => {
  await writeFile(
    path.join(folder, 'sightline.config.mjs'),
    `export default { http: { kind: 'mine', parse: (raw) => raw, open: () => ({}) }, apis: { a: { regions: { b: { url: 'http://x', method: 'ASK' } } } } }`,
  )
  expect((await load())?.config.apis).toMatchObject({ a: { regions: { b: { method: 'ASK' } } } })
})

it('says what a Node needs that cannot import TypeScript', async () => {
  await writeFile(path.join(folder, 'sightline.config.ts'), 'export default {}')
  const loading = loadConfig({ directory: folder, environment: { configFile: null, apiName: 'x' }, stripsTypes: false })
  await expect(loading).rejects.toThrow(/TypeScript needs Node\.js 22\.18 or newer, and this is v\d+/)
})
