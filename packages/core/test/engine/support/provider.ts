import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A provider in a process of its own. */
export interface Provider extends AsyncDisposable {
  /** Also of a path that misbehaves once it has turned (`hostilePaths`). */
  url(path: string): string
  /** From now on each path misbehaves in its own way. */
  turn(): Promise<void>
  openConnections(): Promise<number>
  /** How late the machine let a timer of that process be, at worst, since the last call, in ms. */
  lateness(): Promise<number>
}

const ask = async (child: ChildProcess, question: string): Promise<unknown> => {
  const answered = once(child, 'message')
  child.send(question)
  return (await answered)[0]
}

export const startProvider = async (): Promise<Provider> => {
  const child = fork(new URL('./provider-process.ts', import.meta.url), { execArgv: ['--conditions=@sightline/source'] })
  const [port] = await once(child, 'message')
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    turn: async () => {
      await ask(child, 'turn')
    },
    openConnections: async () => Number(await ask(child, 'connections')),
    lateness: async () => Number(await ask(child, 'lateness')),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}
