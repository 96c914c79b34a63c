import { runCommand } from '../command.ts'
import { type PackedPackage, packPackages } from './packed-packages.ts'
import { type Check, type Step, toStepResult } from './step.ts'

const SOURCE_CONDITION = '@sightline/source'

/** One character beyond ASCII makes V8 hold every copy of a module in two bytes a character: 9 MB for the core. A page is the browser's. */
const wideScripts = async (tarball: string, files: readonly string[]): Promise<readonly string[]> => {
  const wide: string[] = []
  for (const file of files.filter((each) => each.endsWith('.js') && !each.startsWith(PAGE))) {
    const { output } = await runCommand('tar', ['-xzOf', tarball, file])
    const found = output.split('\n').find((line) => BEYOND_ASCII.test(line))
    if (found !== undefined) wide.push(`${file} is not ASCII: ${found.trim().slice(0, 100)}`)
  }
  return wide
}

const PAGE = 'package/dist/page/'
const BEYOND_ASCII = /\P{ASCII}/u

/** What a tarball must hold, and must not: built files, their licence, nothing that names the workspace's own sources. */
export const contentFault = async (tarball: string): Promise<string | undefined> => {
  const list = await runCommand('tar', ['-tzf', tarball])
  const manifest = await runCommand('tar', ['-xzOf', tarball, 'package/package.json'])
  if (list.exitCode !== 0 || manifest.exitCode !== 0) return `not a readable tarball\n${list.output}${manifest.output}`
  const files = list.output.trim().split('\n')
  const faults = [
    ...['package/dist/index.js', 'package/dist/index.d.ts', 'package/LICENSE', 'package/README.md']
      .filter((file) => !files.includes(file))
      .map((file) => `lacks ${file}`),
    ...files.filter((file) => /^package\/(src|test|node_modules)\//.test(file)).map((file) => `holds ${file}`),
    ...(manifest.output.includes(SOURCE_CONDITION) ? [`package.json still names the condition ${SOURCE_CONDITION}`] : []),
    ...(manifest.output.includes('workspace:') ? ['package.json still holds a workspace: range'] : []),
    ...(await wideScripts(tarball, files)),
  ]
  return faults.length === 0 ? undefined : faults.join('\n')
}

const toolFault = async (command: string, args: readonly string[]): Promise<string | undefined> => {
  const { exitCode, output } = await runCommand(command, args)
  return exitCode === 0 ? undefined : output.trim()
}

const checkPackage = async ({ project, tarball }: PackedPackage): Promise<readonly Check[]> => {
  const { name } = project.manifest
  return [
    { name: `${name}: contents`, fault: await contentFault(tarball) },
    { name: `${name}: publint`, fault: await toolFault('publint', ['run', tarball, '--strict']) },
    {
      name: `${name}: attw`,
      fault: await toolFault('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color']),
    },
  ]
}

export const packagesStep: Step = {
  name: 'packages',
  about: 'tarballs hold what they should (publint, attw)',
  after: ['build'],
  run: async () => {
    const checks: Check[] = []
    for (const packed of await packPackages()) checks.push(...(await checkPackage(packed)))
    return toStepResult(checks)
  },
}
