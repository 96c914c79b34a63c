import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process that writes until it is killed. */
export interface WriterScript {
  /** Path of a module that runs `writeForever`, reporting with `writeSync(1, line + '\n')`. */
  readonly script: string
  readonly args?: readonly string[]
  readonly onLine: (line: string) => void
}

/**
 * Starts a script in a Node process of its own, for `StorageSubject.spawnWriter`.
 *
 * @example
 * spawnWriter: (onLine) => spawnWriterScript({ script: fileURLToPath(import.meta.resolve('./writer.ts')), args: [file], onLine })
 */
export const spawnWriterScript = async ({ script, args = [], onLine }: WriterScript): Promise<{ kill(): Promise<void> }> => {
  const child = spawn(process.execPath, ['--conditions=@sightline/source', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const drained = once(lines, 'close')
  lines.on('line', onLine)
  await once(child, 'spawn')
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await exited
      // What it had written before it died counts as acknowledged.
      await drained
    },
  }
}
