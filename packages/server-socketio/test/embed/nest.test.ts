import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { io } from 'socket.io-client'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'

const folder = join(import.meta.dirname, 'nest-app')
const built = join(folder, `main-${process.pid}.cjs`)
let child: ChildProcess
let lines: AsyncIterator<string>
let url: string
let complaints = ''

const nextLine = async (): Promise<string> => {
  const { value } = (await lines.next()) as { value: string | undefined }
  if (value === undefined) throw new Error(`the Nest app ended: ${complaints}`)
  return value
}

const readConfig = (): ts.ParsedCommandLine => {
  const path = join(folder, 'tsconfig.json')
  return ts.parseJsonConfigFileContent(ts.readConfigFile(path, ts.sys.readFile).config, ts.sys, folder)
}

beforeAll(async () => {
  const source = await readFile(join(folder, 'main.cts'), 'utf8')
  const { noEmit: _, allowImportingTsExtensions: __, ...compilerOptions } = readConfig().options
  const { outputText } = ts.transpileModule(source, { fileName: join(folder, 'main.cts'), compilerOptions })
  expect(outputText).toContain('require("@sightline/server-socketio")')
  await writeFile(built, outputText)
  child = spawn(process.execPath, ['--conditions=@sightline/source', built], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr?.on('data', (chunk) => {
    complaints += String(chunk)
  })
  if (child.stdout === null) throw new Error('no output to read')
  lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  url = await nextLine()
})
afterAll(async () => {
  if (child.exitCode === null) child.kill('SIGKILL')
  await rm(built, { force: true })
})

test('the CommonJS application type-checks with module nodenext', () => {
  const { fileNames, options } = readConfig()
  const program = ts.createProgram(fileNames, options)
  const [main] = fileNames.map((name) => program.getSourceFile(name))
  expect(main?.impliedNodeFormat).toBe(ts.ModuleKind.CommonJS)
  const faults = [...program.getOptionsDiagnostics(), ...ts.getPreEmitDiagnostics(program, main)].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, '\n'),
  )
  expect(faults).toEqual([])
}, 60_000)

test('Nest’s routes, body parser and our endpoints side by side', async () => {
  expect(await (await fetch(`${url}/own`)).text()).toBe('nest')
  const headers = { 'content-type': 'application/json' }
  expect(await (await fetch(`${url}/echo`, { method: 'POST', body: '{"a":1}', headers })).json()).toEqual({ a: 1 })
  expect(await (await fetch(`${url}/sightline/health`)).json()).toMatchObject({ status: 'healthy' })
  const interval = await fetch(`${url}/sightline/api/v1/apis/orders/regions/us-east/interval`, {
    method: 'PUT',
    body: '{"intervalMs":200}',
    headers,
  })
  expect(await interval.json()).toMatchObject({ intervalMs: 200 })
  expect((await fetch(`${url}/nothing`)).headers.get('x-correlation-id')).toBeNull()
})

test.each([['websocket'], ['polling']])('sockets over %s', async (transport) => {
  const socket = io(url, { path: '/sightline/socket.io', transports: [transport], reconnection: false, forceNew: true })
  expect(await socket.emitWithAck('metrics:get', { source: 'us-east' })).toEqual({ ok: true })
  socket.disconnect()
})

test('it stops by itself when told to: no handle of ours keeps it', async () => {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await nextLine()).toBe('closed')
  expect((await exited)[0]).toBe(0)
  // Core says that access is open, once; Node.js has nothing to say.
  expect(complaints.split('\n').filter((line) => line !== '' && !line.includes('Access is open'))).toEqual([])
})
