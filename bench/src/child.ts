import { type ChildProcess, fork } from 'node:child_process'

/** Starts a file of this folder as a process of its own; resolves with its first message. */
export const startChild = async <T>(
  file: string,
  args: readonly string[] = [],
): Promise<{ readonly child: ChildProcess; readonly message: T }> => {
  const child = fork(new URL(file, import.meta.url), args, {
    execArgv: ['--conditions=@sightline/source', '--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const message = await new Promise<T>((resolve, reject) => {
    child.once('message', (first) => resolve(first as T))
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code} before it said anything.`)))
  })
  return { child, message }
}

/** One message to a child that was started here; resolves with its next one. */
export const askChild = <T>(child: ChildProcess, message: object): Promise<T> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`It ended with ${code} before it answered.`))
    child.once('exit', ended)
    child.once('message', (answer) => {
      child.off('exit', ended)
      resolve(answer as T)
    })
    child.send(message)
  })

/** Ends a child that was started here, and waits for it. */
export const endChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
