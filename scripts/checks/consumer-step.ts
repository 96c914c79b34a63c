import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runCommand } from '../command.ts'
import { type Manifest, pinnedPnpm, readManifest, root } from '../workspace.ts'
import { listPackedPackages, type PackedPackage } from './packed-packages.ts'
import { type Check, type Step, toStepResult } from './step.ts'

/** The compilers a user may have, by the name they are installed under here. */
const COMPILERS = ['typescript-5', 'typescript', 'typescript-native']

/** What a user of the packages installs beside them, in the versions this workspace develops against. */
const companions = (packed: readonly PackedPackage[]): Readonly<Record<string, string>> => {
  const wanted = ['react', '@types/react', '@tanstack/react-query', 'fastify', 'zod', '@types/node']
  const known: Record<string, string> = {}
  for (const { project } of packed) Object.assign(known, project.manifest.dependencies, project.manifest.devDependencies)
  Object.assign(known, readManifest(root).devDependencies)
  return Object.fromEntries(wanted.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name]]])))
}

const entriesOf = ({ name, exports }: Manifest): readonly string[] =>
  Object.keys(exports ?? {})
    .filter((entry) => entry !== './package.json')
    .map((entry) => path.posix.join(name, entry))

const install = async (folder: string, packed: readonly PackedPackage[]): Promise<string | undefined> => {
  const tarballs = Object.fromEntries(packed.map(({ project, tarball }) => [project.manifest.name, `file:${tarball}`]))
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies: { ...companions(packed), ...tarballs } }
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  // The packages name each other by version; none of these versions is published yet.
  const overrides = Object.entries(tarballs).map(([name, tarball]) => `  '${name}': '${tarball}'`)
  writeFileSync(path.join(folder, 'pnpm-workspace.yaml'), ['pmOnFail: ignore', 'overrides:', ...overrides, ''].join('\n'))
  const args = [...pinnedPnpm(), 'install', '--prefer-offline', '--ignore-scripts', '--reporter=append-only']
  const { exitCode, output } = await runCommand('npx', args, { cwd: folder })
  return exitCode === 0 ? undefined : output.trim()
}

const importEntry = async (folder: string, entry: string): Promise<Check> => {
  const script = `const names = Object.keys(await import(${JSON.stringify(entry)}))
    if (names.length === 0) throw new Error('exports nothing')`
  const { exitCode, output } = await runCommand('node', ['--input-type=module', '--eval', script], {
    cwd: folder,
    timeoutMs: 60_000,
  })
  return { name: `import ${entry}`, fault: exitCode === 0 ? undefined : output.trim() }
}

const runBin = async (folder: string, bin: string): Promise<Check> => {
  const command = path.join(folder, 'node_modules', '.bin', bin)
  const { exitCode, output } = await runCommand(command, ['--help'], { cwd: folder, timeoutMs: 60_000 })
  return {
    name: `${bin} --help`,
    fault: exitCode === 0 && output.includes(bin) ? undefined : `exit code ${exitCode}\n${output.trim()}`,
  }
}

/** A server over the packed packages, and a client of it, over a real socket. */
const runProgram = async (folder: string): Promise<Check> => {
  const { exitCode, output } = await runCommand('node', ['run.mjs'], { cwd: folder, timeoutMs: 60_000 })
  return {
    name: 'a document travels from target to client',
    fault: exitCode === 0 ? undefined : `exit code ${exitCode}\n${output.trim()}`,
  }
}

const compile = async (folder: string, compiler: string): Promise<Check> => {
  const { version } = readManifest(path.join(root, 'node_modules', compiler))
  const tsc = path.join(root, 'node_modules', compiler, 'bin', 'tsc')
  const { exitCode, output } = await runCommand('node', [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder })
  return { name: `types with TypeScript ${version}`, fault: exitCode === 0 ? undefined : output.trim() }
}

/** Installs the tarballs into an empty project and uses them as their users would. */
export const consumerStep: Step = {
  name: 'consumer',
  about: 'the packed packages install, load and type-check in an empty project',
  after: ['packages'],
  run: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sightline-consumer-'))
    try {
      const packed = listPackedPackages()
      const installFault = await install(folder, packed)
      if (installFault !== undefined) return toStepResult([{ name: 'install', fault: installFault }])
      cpSync(path.join(root, 'scripts', 'consumer'), folder, { recursive: true })
      const checks: Check[] = [{ name: 'install' }]
      for (const entry of packed.flatMap(({ project }) => entriesOf(project.manifest)))
        checks.push(await importEntry(folder, entry))
      for (const bin of packed.flatMap(({ project }) => Object.keys(project.manifest.bin ?? {})))
        checks.push(await runBin(folder, bin))
      checks.push(await runProgram(folder))
      for (const compiler of COMPILERS) checks.push(await compile(folder, compiler))
      return toStepResult(checks)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
