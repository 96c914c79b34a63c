import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = new URL('.', import.meta.url)

/** Builds packages as they are published, where their sources changed since. */
export const build = async (...names: readonly string[]): Promise<void> => {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../scripts/build.ts', here)), ...names])
}

/**
 * Starts a file of this folder as a process of its own, as JavaScript on the built packages: what reads TypeScript takes 18 MB, which no user's
 * process has. Its arguments are the last of `process.argv`; it imports packages alone.
 */
export const startBuilt = (file: string, args: readonly string[], flags: readonly string[] = []): ChildProcess => {
  const code = stripTypeScriptTypes(readFileSync(new URL(file, here), 'utf8'))
  return spawn(process.execPath, ['--expose-gc', '--no-warnings', ...flags, '--input-type=module', '--eval', code, ...args], {
    cwd: fileURLToPath(here),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
