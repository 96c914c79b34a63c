import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from '../workspace.ts'

let folder = ''

const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  writeFileSync(path.join(folder, file), text)
}

const writeProgram = (file: string, text: string): void => {
  write(file, `#!/bin/sh\n${text}\n`)
  chmodSync(path.join(folder, file), 0o755)
}

/** The npx of this machine would install for real; this one writes down what it was asked and leaves one program behind. */
const installs = (): readonly string[] => {
  const file = path.join(folder, 'installs')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightline-bootstrap-'))
  mkdirSync(path.join(folder, 'scripts'))
  copyFileSync(path.join(root, 'scripts', 'bootstrap.mjs'), path.join(folder, 'scripts', 'bootstrap.mjs'))
  write('package.json', JSON.stringify({ packageManager: 'pnpm@12.0.1', dependencies: {} }))
  write('packages/core/package.json', JSON.stringify({ name: 'core' }))
  write('pnpm-lock.yaml', 'lockfileVersion: 9.0\n')
  write('pnpm-workspace.yaml', 'packages: [packages/*]\n')
  writeProgram(
    'bin/npx',
    'echo "$@" >> installs; mkdir -p node_modules/.bin; cp bin/program node_modules/.bin/program; $NPX_LEAVES_OUT touch node_modules/.bin/node; exit $NPX_EXIT',
  )
  writeProgram('bin/program', 'echo "program in $(pwd): $@"; [ -z "$1" ] || exit $1')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

const bootstrap = (
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly onOutput?: (pid: number, output: string) => void } = {},
): Promise<Ended> => {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', ...args], {
    cwd: folder,
    env: { ...process.env, PATH: `${path.join(folder, 'bin')}:/usr/bin:/bin`, NPX_EXIT: '0', NPX_LEAVES_OUT: '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8')
    options.onOutput?.(child.pid ?? 0, output)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  child.once('close', (code, signal) => resolve({ code, signal, output }))
  return promise
}

test('installs once with the pinned pnpm and the frozen lockfile, then only runs the command', async () => {
  const first = await bootstrap(['program', '0', 'and more'])
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining(`program in ${folder}: 0 and more`) })
  expect(first.output).toContain('installing')
  expect(installs()).toEqual(['--yes --loglevel=error pnpm@12.0.1 install --frozen-lockfile --reporter=append-only'])

  const second = await bootstrap(['program'])
  expect(second).toMatchObject({ code: 0, output: `program in ${folder}: \n` })
  expect(installs()).toHaveLength(1)
})

test.each(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'packages/core/package.json'])(
  'installs again after a change of %s',
  async (file) => {
    await bootstrap([])
    write(file, `${readFileSync(path.join(folder, file), 'utf8')} `)
    await bootstrap([])
    expect(installs()).toHaveLength(2)
  },
)

test('a failed install ends with its exit code, runs nothing and is tried again', async () => {
  const failed = await bootstrap(['program'], { env: { NPX_EXIT: '7' } })
  expect(failed.code).toBe(7)
  expect(failed.output).toContain('the install failed')
  expect(failed.output).not.toContain('program in')
  expect(await bootstrap(['program'])).toMatchObject({ code: 0 })
})

test('an install that brings no Node for this machine is said so', async () => {
  const ended = await bootstrap(['program'], { env: { NPX_LEAVES_OUT: ':' } })
  expect(ended).toMatchObject({ code: 1, output: expect.stringContaining('no Node for this machine') })
})

test('the exit code of the command comes through', async () => {
  expect(await bootstrap(['program', '2'])).toMatchObject({ code: 2, signal: null })
})

test('a command that is not there is said so', async () => {
  expect(await bootstrap(['nowhere'])).toMatchObject({ code: 127, output: expect.stringContaining('cannot start nowhere') })
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s reaches the command, which ends as it likes', async (signal) => {
  writeProgram('bin/program', `trap 'echo told to stop; exit 3' ${signal.slice(3)}; echo ready; while :; do sleep 0.1; done`)
  let isTold = false
  const ended = await bootstrap(['program'], {
    onOutput: (pid, output) => {
      if (isTold || !output.includes('ready')) return
      isTold = true
      process.kill(pid, signal)
    },
  })
  expect(ended).toMatchObject({ code: 3, signal: null, output: expect.stringContaining('told to stop') })
})

test('a command killed by a signal is seen to be', async () => {
  writeProgram('bin/program', 'kill -KILL $$')
  expect(await bootstrap(['program'])).toMatchObject({ code: null, signal: 'SIGKILL' })
})
