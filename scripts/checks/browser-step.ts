import { runCommand } from '../command.ts'
import { type Step, toStepResult } from './step.ts'

const isInstalled = async (): Promise<boolean> => (await runCommand('sh', ['-c', 'command -v chromium'])).exitCode === 0

/** Puts Chromium on a machine that has apt; answers what stood in the way. */
const installChromium = async (): Promise<string | undefined> => {
  const isRoot = process.getuid?.() === 0
  const hasApt = (await runCommand('sh', ['-c', 'command -v apt-get'])).exitCode === 0
  if (!(isRoot && hasApt))
    return 'chromium is not on PATH, and only root on Debian can have it installed here: install it, then run this again'
  console.log('browser: installing chromium with apt-get')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']]) {
    const { exitCode, output } = await runCommand('apt-get', args, { env, timeoutMs: 15 * 60_000 })
    if (exitCode !== 0) return `apt-get ${args.join(' ')} ended with exit code ${exitCode}\n${output.trim()}`
  }
  return (await isInstalled()) ? undefined : 'apt-get installed chromium, but it is not on PATH'
}

export const browserStep: Step = {
  name: 'browser',
  about: 'Chromium is there for the end-to-end tests',
  run: async () =>
    toStepResult([{ name: 'chromium is on PATH', fault: (await isInstalled()) ? undefined : await installChromium() }]),
}
