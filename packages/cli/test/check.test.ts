import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CheckResult } from '../src/index.ts'

// Each check is a process that loads everything the command does.
vi.setConfig({ testTimeout: 90_000 })

const source = (name: string) => fileURLToPath(new URL(`../src/${name}`, import.meta.url))
const good = { apis: { orders: { intervalMs: 1000, regions: { 'us-east': { url: 'http://127.0.0.1:4001/status' } } } } }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-check-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (name: string, content: string | object) =>
  writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const run = (args: readonly string[], variables: Record<string, string> = {}) =>
  new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@sightline/source', ...args], {
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

/** The real command, in a process of its own. */
const sightline = (args: readonly string[], variables?: Record<string, string>) => run([source('main.ts'), ...args], variables)

interface Checking {
  readonly path?: string
  readonly directory?: string
  readonly variables?: Record<string, string>
}

/** Many checks in one process: Node itself imports the modules there, as it does for the command. */
const checkAll = async (checks: readonly Checking[]): Promise<readonly CheckResult[]> => {
  await write(
    'check-all.mts',
    `import { checkConfig } from '${source('check.ts')}'
     const results = []
     for (const check of ${JSON.stringify(checks)}) results.push(await checkConfig({ variables: {}, directory: process.cwd(), ...check }))
     console.log(JSON.stringify(results))`,
  )
  const { stdout, stderr } = await run([path.join(folder, 'check-all.mts')])
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe('the command', () => {
  it('says in one line that a configuration is good, and ends with 0', async () => {
    await write('sightline.config.json', good)
    expect(await sightline(['check'])).toEqual({
      code: 0,
      stdout: `${path.join(folder, 'sightline.config.json')} is good: 1 api, 1 region.\n`,
      stderr: '',
    })
  })

  it('tells every fault of environment and file at once, ends with 2, shows no stack', async () => {
    await write('my.json', {
      apis: {
        orders: {
          intervalMs: 1,
          regions: {
            'us-east': { url: 'file:///etc/passwd', lable: 'x' },
            'eu-west': { url: 'http://x', headers: { 'b d': 'hunter2' }, body: 'x' },
          },
        },
      },
      retenton: {},
    })
    const { code, stdout, stderr } = await sightline(['check', 'my.json'], { SERVER_PORT: 'hunter2' })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')).toEqual([
      'The environment has a fault.',
      '  SERVER_PORT: must be a whole number from 0 to 65535',
      `${path.join(folder, 'my.json')} has 6 faults.`,
      '  apis.orders.intervalMs: must be a whole number of ms from 100 to 86,400,000',
      '  apis.orders.regions.us-east.url: must be an http:// or https:// URL',
      '  apis.orders.regions.us-east.lable: is not an option; did you mean label?',
      '  retenton: is not an option; did you mean retention?',
      '  apis.orders.regions.eu-west.headers["b d"]: is not a header name',
      '  apis.orders.regions.eu-west.body: cannot be sent with GET',
      '',
    ])
  })

  it('ends also where a configuration has started something that keeps the process alive', async () => {
    await write('alive.mjs', `setInterval(() => {}, 1_000)\nexport default ${JSON.stringify(good)}`)
    expect(await sightline(['check', 'alive.mjs'])).toMatchObject({ code: 0, stdout: expect.stringContaining('is good') })
  })

  it('explains itself where it is used wrongly, and ends with 2', async () => {
    const usage = { code: 2, stderr: expect.stringContaining('Usage: sightline <command>') }
    const results = await Promise.all([sightline([]), sightline(['chek']), sightline(['--nope']), sightline(['--help'])])
    expect(results).toEqual([
      expect.objectContaining(usage),
      expect.objectContaining({ code: 2, stderr: expect.stringMatching(/^chek is no command\.\n\nUsage: sightline/) }),
      expect.objectContaining({ code: 2, stderr: expect.not.stringContaining('    at ') }),
      expect.objectContaining({ code: 0, stdout: expect.stringContaining('Usage: sightline <command>') }),
    ])
  })
})

describe('a good configuration', () => {
  it('is found in the working directory as .ts, .mts, .js, .mjs and .json', async () => {
    const core = import.meta.resolve('@sightline/core')
    const region = "{ 'us-east': { url } }"
    const typed = `import { defineConfig } from '${core}'\nconst url: string = 'http://127.0.0.1:4001/status'\nexport default defineConfig({ apis: { orders: { regions: ${region} } } })`
    const contents = {
      ts: typed,
      mts: typed,
      js: `export default ${JSON.stringify(good)}`,
      mjs: `export const config = ${JSON.stringify(good)}`,
      json: `\uFEFF${JSON.stringify(good)}`,
    }
    await write('package.json', { type: 'module' })
    for (const [extension, content] of Object.entries(contents)) {
      await mkdir(path.join(folder, extension))
      await write(`${extension}/sightline.config.${extension}`, content)
    }
    const results = await checkAll(Object.keys(contents).map((extension) => ({ directory: path.join(folder, extension) })))
    expect(results).toEqual(
      Object.keys(contents).map((extension) => ({
        isGood: true,
        text: `${path.join(folder, extension, `sightline.config.${extension}`)} is good: 1 api, 1 region.`,
      })),
    )
  })

  it('is named by an argument, by SIGHTLINE_CONFIG, by SIGHTLINE_CONFIG of .env', async () => {
    await write('my.json', good)
    await mkdir(path.join(folder, 'sub'))
    await write('sub/.env', 'SIGHTLINE_CONFIG=../my.json')
    const results = await checkAll([
      { path: 'my.json' },
      { variables: { SIGHTLINE_CONFIG: 'my.json' } },
      { directory: path.join(folder, 'sub') },
    ])
    expect(results.map(({ isGood }) => isGood)).toEqual([true, true, true])
  })
})

describe('a fault is told with its place', () => {
  const faults: Record<string, readonly [content: string, fault: string]> = {
    'bad.json': [
      '{\n  "apis": { "a": { "regions": { "b": { "url": hunter2 } } } }\n}',
      'line 2, column 47: not JSON: expected a value',
    ],
    'open.json': ['{ "apis": {', 'line 1, column 12: not JSON: expected a key or }'],
    'comma.json': ['{ "apis": {},\n}', 'line 2, column 1: not JSON: expected a key'],
    'twice.json': ['{ "apis": {},\n "apis": {} }', 'line 2, column 2: names a key that this object has already'],
    'bad.mjs': ['export default {\n  apis: = 2 }', "line 2: cannot be loaded: Unexpected token '='"],
    'bad.ts': ['export default {\n  apis: = 2 }', 'line 2: cannot be loaded: Expression expected'],
    'enum.ts': [
      'enum A { x }\nexport default {}',
      'line 1: cannot be loaded: TypeScript enum is not supported in strip-only mode',
    ],
    'throws.mjs': ['throw new Error("ORDERS_KEY is not set")', 'cannot be loaded: ORDERS_KEY is not set'],
    'empty.mjs': ['', 'exports nothing; write export default defineConfig({ … })'],
    'null.json': ['null', 'must be an object with apis'],
  }

  it('in JSON by line and column, in modules by line', async () => {
    const names = Object.keys(faults)
    for (const [name, [content]] of Object.entries(faults)) await write(name, content)
    const results = await checkAll(names.map((name) => ({ path: name })))
    expect(results.map(({ text }) => text)).toEqual(
      names.map((name) => `${path.join(folder, name)} has a fault.\n  ${faults[name]?.[1]}`),
    )
  })

  it('where the file is missing, of another kind, not the only one, or nowhere', async () => {
    await write('my.yaml', 'apis: {}')
    await mkdir(path.join(folder, 'two'))
    await write('two/sightline.config.json', good)
    await write('two/sightline.config.mjs', `export default ${JSON.stringify(good)}`)
    const results = await checkAll([
      { path: 'none.json' },
      { variables: { SIGHTLINE_CONFIG: 'none.json' } },
      { path: 'my.yaml' },
      { directory: path.join(folder, 'two') },
      {},
    ])
    const missing = `there is no file ${path.join(folder, 'none.json')}`
    expect(results.map(({ text }) => text)).toEqual([
      `none.json has a fault.\n  ${missing}`,
      `none.json has a fault.\n  SIGHTLINE_CONFIG: ${missing}`,
      'my.yaml has a fault.\n  must end in one of .ts, .mts, .js, .mjs, .json',
      `${path.join(folder, 'two')} has a fault.\n  holds sightline.config.mjs and sightline.config.json; keep one, or name one in SIGHTLINE_CONFIG`,
      `There is no configuration: no sightline.config.ts, .js or .json in ${folder}, and SIGHTLINE_CONFIG is not set.`,
    ])
  })
})
