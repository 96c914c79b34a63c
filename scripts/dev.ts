/**
 * `npm run dev`: the dashboard's server, started again on every change of a source it loads, beside vite, which swaps
 * changed parts of the page in the browser. Either of them ending ends both.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { root } from './workspace.ts'

const dashboard = path.join(root, 'examples', 'dashboard')
const page = path.join(root, 'packages', 'dashboard')

const commands: readonly (readonly [command: string, args: readonly string[], cwd: string])[] = [
  [
    'node',
    ['--watch', '--watch-preserve-output', '--conditions=@sightline/source', path.join(dashboard, 'server', 'main.ts')],
    root,
  ],
  ['vite', ['--clearScreen', 'false'], page],
]

const children: ChildProcess[] = []

const stopAll = (signal: NodeJS.Signals): void => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill(signal)
}

for (const [command, args, cwd] of commands) {
  const child = spawn(command, args, { cwd, stdio: 'inherit' })
  child.once('error', (error) => {
    console.error(`dev: cannot start ${command}: ${error.message}`)
    process.exitCode = 1
    stopAll('SIGTERM')
  })
  child.once('close', (code) => {
    process.exitCode ??= code ?? 1
    stopAll('SIGTERM')
  })
  children.push(child)
}

// A Ctrl-C at a terminal reaches the children without help.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) stopAll('SIGINT')
})
process.on('SIGTERM', () => stopAll('SIGTERM'))
