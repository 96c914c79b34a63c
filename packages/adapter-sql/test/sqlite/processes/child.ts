import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A script of this directory in a process of its own. */
export interface Child {
  /** Resolves with the first line that begins so, those printed already included. */
  line(start: string): Promise<string>
  send(line: string): void
  kill(): Promise<void>
  /** Resolves when it ends by itself; rejects where it fails. */
  ended(): Promise<void>
}

export const spawnChild = (
  script: 'hold-lock' | 'connect-once' | 'count-up' | 'write-fast',
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Child => {
  const path = fileURLToPath(new URL(`./${script}.ts`, import.meta.url))
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@sightline/source', path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (child.stdout === null || child.stdin === null) throw new Error('the child has no pipes')
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const drained = once(lines, 'close')
  const printed: string[] = []
  const waiting: { readonly start: string; resolve(line: string): void }[] = []
  lines.on('line', (line) => {
    onLine(line)
    printed.push(line)
    for (const waiter of waiting.filter(({ start }) => line.startsWith(start))) waiter.resolve(line)
  })
  const { stdin } = child
  return {
    line: (start) => {
      const known = printed.find((line) => line.startsWith(start))
      if (known !== undefined) return Promise.resolve(known)
      return Promise.race([
        new Promise<string>((resolve) => waiting.push({ start, resolve })),
        exited.then(([code]) => Promise.reject(new Error(`${script} ended with ${String(code)} before it printed ${start}`))),
      ])
    },
    send: (line) => void stdin.write(`${line}\n`),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
      await drained
    },
    ended: async () => {
      const [code] = await exited
      await drained
      if (code !== 0) throw new Error(`${script} ended with ${String(code)}`)
    },
  }
}

/** In a child: resolves with the next line of its input. */
export const nextInput = async (): Promise<string> => {
  const lines = createInterface({ input: process.stdin })
  const [line] = await once(lines, 'line')
  lines.close()
  process.stdin.unref?.()
  return String(line)
}
