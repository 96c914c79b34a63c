import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../../packages/adapter-sql/test/free-port.ts'

// The programs and commands of the pages are run as they stand there, but for their ports, in a folder that has the packages alone.

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
const pages = ['services', 'rules', 'incidents', 'alerts', 'logs', 'history'] as const
type Page = (typeof pages)[number]

const readPage = (page: Page) => readFile(path.join(root, 'docs', `${page}.md`), 'utf8')
const commandsOf = (markdown: string) => [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text)
const programsOf = (markdown: string) =>
  [...markdown.matchAll(/^```ts\n\/\/ ([\w-]+\.ts)\n(.*?)^```$/gms)].map(([, file = '', text = '']) => ({ file, text }))

let folder = ''
const ports = new Map<string, number>()
const withPorts = (text: string) => text.replaceAll(/\b(400[123]|5000)\b(?=[,/' }"]|$)/gm, (port) => String(ports.get(port)))

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-docs-'))
  const modules = path.join(folder, 'node_modules')
  await mkdir(path.join(modules, '@sightline'), { recursive: true })
  for (const name of await readdir(path.join(root, 'packages'))) {
    await symlink(path.join(root, 'packages', name), path.join(modules, '@sightline', name), 'dir')
  }
  await symlink(path.join(root, 'examples/host-express/node_modules/express'), path.join(modules, 'express'), 'dir')
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }')
  for (const port of ['4001', '4002', '4003', '5000']) ports.set(port, await freePort())
  for (const { file, text } of (await Promise.all(pages.map(readPage))).flatMap(programsOf)) {
    await writeFile(path.join(folder, file), withPorts(text))
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

interface Program {
  readonly child: ChildProcess
  /** What it said, on both streams. */
  said(): string
}

const startProgram = (file: string): Program => {
  const child = spawn(process.execPath, ['--conditions=@sightline/source', file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (text += String(piece)))
  return { child, said: () => text }
}

const runToEnd = async (file: string): Promise<string> => {
  const { child, said } = startProgram(file)
  const [code] = await once(child, 'close')
  expect(code, said()).toBe(0)
  return said()
}

/** Every command of a page, one block after the other; `curl -f` makes each refusal a failure. */
const runCommands = async (page: Page): Promise<string> => {
  let said = ''
  for (const block of commandsOf(await readPage(page))) {
    const { stdout } = await run('sh', ['-e', '-c', withPorts(block)], { cwd: folder, timeout: 30_000 })
    said += `${stdout}\n`
  }
  return said
}

test('the pages have the programs and commands that are run here', async () => {
  const texts = await Promise.all(pages.map(readPage))
  expect(texts.flatMap(programsOf).map(({ file }) => file)).toEqual(['services.ts', 'backlog.ts', 'alerts.ts', 'shop.ts'])
  expect(texts.map((text) => commandsOf(text).length)).toEqual([2, 1, 1, 1, 1, 1])
})

test('the rule in TypeScript is replayed and says what the page says', { timeout: 60_000 }, async () => {
  const said = await runToEnd('backlog.ts')
  expect(said).toContain('open at 60 s, resolve at 295 s')
  expect(await readPage('rules')).toContain('`open at 60 s, resolve at 295 s`')
})

test('the signed webhook hears of the begin, then of the end, and the program ends', { timeout: 90_000 }, async () => {
  const said = await runToEnd('alerts.ts')
  expect(said).toMatch(/firing shop: Down\nresolved shop: Down\n$/)
})

describe('with the program of services running', () => {
  let services: Program

  beforeAll(async () => {
    services = startProgram('services.ts')
    await vi.waitFor(() => expect(services.said()).toContain('shop up'), { timeout: 50_000 })
  }, 60_000)

  afterAll(() => {
    services.child.kill('SIGKILL')
  })

  test('services are entered, checked, paused and deleted', { timeout: 60_000 }, async () => {
    const said = await runCommands('services')
    expect(said).toContain('"owner":"ada"')
    expect(said).toContain('"enabled":false')
    expect(said).toContain('{"deleted":true}')
    expect(said).toContain('{"accepted":3}')
  })

  test('rules are entered, changed and deleted', { timeout: 60_000 }, async () => {
    expect(await runCommands('rules')).toMatch(/"forMs":30000.*\{"deleted":true\}/s)
  })

  test('an incident is worked from begin to end', { timeout: 60_000 }, async () => {
    const said = await runCommands('incidents')
    expect(said).toContain('"mentions":["ben"]')
    expect(said).toMatch(/"kind":"resolved".*"text":"more connections"/s)
    expect(said).toContain('"meanTimeToResolveMs":')
  })

  test('a silence and maintenance are entered', { timeout: 60_000 }, async () => {
    const said = await runCommands('alerts')
    expect(said).toContain('"reason":"new release"')
    expect(said).toContain('"cron":"0 2 * * SUN"')
  })

  test('lines are sent, found, grouped and loaded down', { timeout: 60_000 }, async () => {
    const said = await runCommands('logs')
    expect(said).toContain('{"accepted":2,"rejected":0,"errors":[]}')
    expect(said).toContain('"password":"[redacted]"')
    expect(said).not.toContain('hunter2')
    expect(said).toMatch(/"count":1,"firstSeen"/)
    expect(said).toContain('at,severity,service')
  })

  test('numbers become charts', { timeout: 60_000 }, async () => {
    const said = await runCommands('history')
    expect(said).toMatch(/"name":"latencyMs","unit":"ms"/)
    expect(said).toMatch(/"value":"latencyMs".*"value":"firstByteMs"/s)
    expect(said).toContain('"percent":100')
  })

  test('another process reports itself through the agent', { timeout: 60_000 }, async () => {
    const { child, said } = startProgram('shop.ts')
    onTestFinished(() => void child.kill('SIGKILL'))
    const ask = (url: string) =>
      fetch(url).then(
        (response) => response.text(),
        () => said(),
      )
    await expect.poll(() => ask(`http://127.0.0.1:${ports.get('4003')}/`), { timeout: 30_000 }).toBe('a shop')
    const api = `http://127.0.0.1:${ports.get('5000')}/api/v1`
    await expect.poll(() => ask(`${api}/services/shop`), { timeout: 30_000 }).toContain('"cartValue[EUR]":12.5')
    await expect.poll(() => ask(`${api}/logs?service=shop&text=cart`), { timeout: 30_000 }).toContain('the cart was empty')
    child.kill('SIGTERM')
    const [code] = await once(child, 'close')
    expect(code, said()).toBe(0)
  })
})

test('the notifier on the page of the suites passes its suite', async () => {
  const markdown = await readFile(path.join(root, 'packages/conformance/README.md'), 'utf8')
  const program = programsOf(markdown).find(({ file }) => file === 'pager.ts')
  await writeFile(path.join(folder, 'pager.ts'), program?.text ?? '')
  const { stdout } = await run(process.execPath, ['--conditions=@sightline/source', 'pager.ts'], { cwd: folder })
  expect(stdout).toMatch(/\bpass 15\b.*\bfail 0\b/s)
})
