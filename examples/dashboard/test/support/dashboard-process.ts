import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url))

export interface DashboardOptions {
  /** Its working directory: where `.env` and `sightline.config.*` are looked for. */
  readonly directory: string
  /** Beside PATH, the whole environment. */
  readonly variables?: Readonly<Record<string, string>>
}

/** The dashboard's server as `npm start` runs it, in a process of its own. */
export interface DashboardProcess {
  readonly child: ChildProcess
  /** Both streams as far as they came. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  /** Resolves with its address when it says that it is ready; rejects with its output where it ends before. */
  readonly ready: Promise<string>
  /** Resolves with the exit code, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | NodeJS.Signals>
}

export const runDashboard = ({ directory, variables = {} }: DashboardOptions): DashboardProcess => {
  const child = spawn(process.execPath, ['--conditions=@sightline/source', main], {
    cwd: directory,
    env: { PATH: process.env.PATH, SERVER_PORT: '0', DATABASE_URL: 'sqlite:./data/sightline.db', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output.stdout += chunk.toString()
      const url = /^Sightline is ready on (\S+)$/m.exec(output.stdout)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      output.stderr += chunk.toString()
    })
    void ended.then((how) => reject(new Error(`The dashboard ended with ${how}.\n${output.stdout}\n${output.stderr}`)))
  })
  // Tests of a bad start await `ended` alone.
  ready.catch(() => {})
  return {
    child,
    output,
    ready,
    ended,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}
