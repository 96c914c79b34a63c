import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/index.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const core = import.meta.resolve('@sightline/core')
const good = { apis: { orders: { intervalMs: 1000, regions: { 'us-east': { url: 'http://127.0.0.1:4001/status' } } } } }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-check-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (name: string, content: string | object) =>
  writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

/** The real command in a process of its own. */
const sightline = (args: readonly string[], variables: Record<string, string> = {}) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@sightline/source', main, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...variables },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })

describe('a good configuration', () => {
  it.each([
    ['json', JSON.stringify(good)],
    ['json', `\uFEFF${JSON.stringify(good)}`],
    ['js', `export default ${JSON.stringify(good)}`],
    ['mjs', `export const config = ${JSON.stringify(good)}`],
    [
      'ts',
      `import { defineConfig } from '${core}'\nconst url: string = 'http://127.0.0.1:4001/status'\nexport default defineConfig({ apis: { orders: { regions: { 'us-east': { url } } } } })`,
    ],
  ])('as .%s is found in the working directory', async (extension, content) => {
    await write('package.json', { type: 'module' })
    await write(`sightline.config.${extension}`, content)
    expect(await sightline(['check'])).toEqual({
      code: 0,
      stdout: `${path.join(folder, `sightline.config.${extension}`)} is good: 1 api, 1 region.\n`,
      stderr: '',
    })
  })

  it('is named by an argument, by SIGHTLINE_CONFIG, by SIGHTLINE_CONFIG of .env', async () => {
    await write('my.json', good)
    expect((await sightline(['check', 'my.json'])).code).toBe(0)
    expect((await sightline(['check'], { SIGHTLINE_CONFIG: 'my.json' })).code).toBe(0)
    await write('.env', 'SIGHTLINE_CONFIG=my.json')
    expect((await sightline(['check'])).code).toBe(0)
  })
})

describe('faults', () => {
  it('of environment and file are all told at once: exit code 2, no stack', async () => {
    await write('my.json', {
      apis: { orders: { intervalMs: 1, regions: { 'us-east': { url: 'file:///etc/passwd', lable: 'x' } } } },
      retenton: {},
    })
    const { code, stdout, stderr } = await sightline(['check', 'my.json'], { SERVER_PORT: 'hunter2' })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')).toEqual([
      'The environment has a fault.',
      '  SERVER_PORT: must be a whole number from 0 to 65535',
      `${path.join(folder, 'my.json')} has 4 faults.`,
      '  apis.orders.intervalMs: must be a whole number of ms from 100 to 86,400,000',
      '  apis.orders.regions.us-east.url: must be an http:// or https:// URL',
      '  apis.orders.regions.us-east.lable: is not an option; did you mean label?',
      '  retenton: is not an option; did you mean retention?',
      '',
    ])
  })

  it.each([
    [
      'bad.json',
      '{\n  "apis": { "a": { "regions": { "b": { "url": hunter2 } } } }\n}',
      'line 2, column 48: not JSON: expected a value',
    ],
    ['open.json', '{ "apis": {', 'line 1, column 12: not JSON: expected a key or }'],
    ['comma.json', '{ "apis": {},\n}', 'line 2, column 1: not JSON: expected a key'],
    ['bad.mjs', 'export default {\n  apis: = 2 }', "line 2: cannot be loaded: Unexpected token '='"],
    ['bad.ts', 'export default {\n  apis: = 2 }', 'line 2: cannot be loaded: Expression expected'],
    [
      'enum.ts',
      'enum A { x }\nexport default {}',
      'line 1: cannot be loaded: TypeScript enum is not supported in strip-only mode',
    ],
    ['throws.mjs', 'throw new Error("ORDERS_KEY is not set")', 'cannot be loaded: ORDERS_KEY is not set'],
    ['empty.mjs', '', 'exports nothing; write export default defineConfig({ … })'],
  ])('%s', async (name, content, fault) => {
    await write(name, content)
    const { code, stderr } = await sightline(['check', name])
    expect(code).toBe(2)
    expect(stderr).toBe(`${path.join(folder, name)} has a fault.\n  ${fault}\n`)
  })

  it('tell a missing file, another kind of file, two files, none', async () => {
    expect(await sightline(['check', 'none.json'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`there is no file ${path.join(folder, 'none.json')}`),
    })
    expect(await sightline(['check'], { SIGHTLINE_CONFIG: 'none.json' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SIGHTLINE_CONFIG: there is no file'),
    })
    await write('my.yaml', 'apis: {}')
    expect(await sightline(['check', 'my.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('must end in one of .ts'),
    })
    expect(await sightline(['check'])).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no configuration') })
    await write('sightline.config.json', good)
    await write('sightline.config.mjs', `export default ${JSON.stringify(good)}`)
    expect(await sightline(['check'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('sightline.config.mjs and sightline.config.json; keep one'),
    })
  })

  it('of usage: exit code 2', async () => {
    expect(await sightline([])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage: sightline check') })
    expect(await sightline(['chek'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage: sightline check') })
    expect(await sightline(['--nope'])).toMatchObject({ code: 2, stderr: expect.not.stringContaining('    at ') })
    expect(await sightline(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: sightline check') })
  })

  it('of a Node that cannot import TypeScript say what to do', async () => {
    await write('sightline.config.ts', 'export default {}')
    const loading = loadConfig({ directory: folder, environment: { configFile: null, apiName: 'x' }, stripsTypes: false })
    await expect(loading).rejects.toThrow(/TypeScript needs Node\.js 22\.18 or newer, and this is v\d+/)
  })
})

describe('an api left unnamed', () => {
  const load = (apiName: string) => loadConfig({ directory: folder, environment: { configFile: null, apiName } })

  it('takes its name from the environment', async () => {
    await write('sightline.config.json', { ...good.apis.orders, retention: { historyDays: 7 } })
    expect((await load('billing'))?.config).toEqual({ apis: { billing: good.apis.orders }, retention: { historyDays: 7 } })
    expect((await sightline(['check'], { EXTERNAL_API_NAME: 'billing' })).code).toBe(0)
  })

  it('has its faults where the file has them', async () => {
    await write('sightline.config.json', { intervalMS: 1, regions: { a: {} }, retention: { historyDays: 0 } })
    await expect(load('a.b')).rejects.toMatchObject({
      fields: [
        { path: 'regions.a', message: 'needs a url' },
        { path: 'intervalMS', message: 'is not an option; did you mean intervalMs?' },
        { path: 'retention.historyDays', message: 'must be a number of days above 0, at most 36,500' },
      ],
    })
  })

  it('stays null where there is no configuration', async () => {
    expect(await load('x')).toBeNull()
  })
})
