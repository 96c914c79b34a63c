import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import path from 'node:path'
import { root } from './workspace.ts'

export interface CommandOptions {
  /** Default: the workspace root. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** The command is ended after this long. Default: 10 minutes. */
  readonly timeoutMs?: number
  /** `show` passes the output on as it comes and keeps nothing. Default: `collect`. */
  readonly output?: 'collect' | 'show'
}

export interface CommandResult {
  /** A command ended by a signal has 128 + the signal's number, as in a shell. */
  readonly exitCode: number
  /** Standard output and error as they came; empty where they were shown. */
  readonly output: string
  readonly timedOut: boolean
}

const KILL_AFTER_MS = 5_000

/** Runs one command with the workspace's Node and tools first on PATH. Rejects only where it cannot be started. */
export const runCommand = (command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> => {
  const bin = path.join(root, 'node_modules', '.bin')
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>()
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` },
    stdio: options.output === 'show' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))

  let timedOut = false
  let killTimer: NodeJS.Timeout | undefined
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGTERM')
    killTimer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  }, options.timeoutMs ?? 600_000)

  const settle = (): void => {
    clearTimeout(timer)
    clearTimeout(killTimer)
  }
  child.once('error', (error) => {
    settle()
    reject(error)
  })
  child.once('close', (code, signal) => {
    settle()
    const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
    resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8'), timedOut })
  })
  return promise
}
