/** `npm run build [-- core client dashboard] [-- --force]`: builds what has changed, two packages at a time. */
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Build, buildOnce } from './build-stamp.ts'
import { runCommand } from './command.ts'
import { listPackages, type Project, root, runtimeDependencies } from './workspace.ts'

/** One thing that can be built by name. */
export interface Buildable {
  readonly name: string
  readonly build: Build
  make(): Promise<void>
}

const relative = (project: Project, ...rest: readonly string[]): string => path.join(path.relative(root, project.folder), ...rest)

const sourcesOf = (project: Project): readonly string[] =>
  ['src', 'package.json', 'tsconfig.json'].map((input) => relative(project, input))

const shared = ['tsconfig.base.json', 'pnpm-lock.yaml', 'scripts/tsup-library.ts']

const runOrThrow = async (command: string, args: readonly string[], cwd: string): Promise<void> => {
  const { exitCode, output } = await runCommand(command, args, { cwd })
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')} ended with exit code ${exitCode}\n${output.trim()}`)
}

const packageBuild = (project: Project, packages: readonly Project[]): Buildable => ({
  name: project.name,
  build: {
    name: `package-${project.name}`,
    inputs: [
      ...shared,
      ...[project, ...runtimeDependencies(project, packages)].flatMap(sourcesOf),
      relative(project, 'tsup.config.ts'),
    ],
    outputs: distFiles(project.manifest.exports ?? {}).map((file) => relative(project, file)),
  },
  make: () => runOrThrow('tsup', ['--silent'], project.folder),
})

const distFiles = (exports: unknown): readonly string[] => {
  if (typeof exports === 'string') return exports.includes('/dist/') ? [exports] : []
  return exports !== null && typeof exports === 'object' ? [...new Set(Object.values(exports).flatMap(distFiles))] : []
}

/** The files of a package that a browser loads, beside its library. */
const pageBuild = (project: Project, packages: readonly Project[]): Buildable => ({
  name: `${project.name}-page`,
  build: {
    name: `${project.name}-page`,
    inputs: [
      ...shared,
      ...['page', 'build', 'vite.config.ts', 'package.json', 'tsconfig.json'].map((input) => relative(project, input)),
      ...packages.filter((dependency) => ['client', 'core', 'react-hooks'].includes(dependency.name)).flatMap(sourcesOf),
    ],
    outputs: [relative(project, 'dist', 'page', 'index.html')],
  },
  make: () => runOrThrow('vite', ['build', '--logLevel', 'warn'], project.folder),
})

/** Every published package, and the files of those that have a page. */
export const listBuildables = (): readonly Buildable[] => {
  const packages = listPackages()
  const pages = packages.filter((project) => existsSync(path.join(project.folder, 'vite.config.ts')))
  return [...packages.map((project) => packageBuild(project, packages)), ...pages.map((project) => pageBuild(project, packages))]
}

/** Builds all of them, `atOnce` at a time, and answers in order: what happened, or why it failed. */
export const buildAll = async (
  buildables: readonly Buildable[],
  options: { readonly atOnce?: number; onDone?(name: string, outcome: string): void } = {},
): Promise<readonly PromiseSettledResult<'built' | 'up to date'>[]> => {
  const results: PromiseSettledResult<'built' | 'up to date'>[] = []
  const waiting = [...buildables.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, buildable] = next
      const [result] = await Promise.allSettled([buildOnce(buildable.build, () => buildable.make())])
      results[index] = result
      options.onDone?.(buildable.name, result.status === 'fulfilled' ? result.value : 'failed')
    }
  }
  await Promise.all(Array.from({ length: options.atOnce ?? 2 }, worker))
  return results
}

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ options: { force: { type: 'boolean', default: false } }, allowPositionals: true })
  const all = listBuildables()
  const unknown = positionals.filter((name) => !all.some((buildable) => buildable.name === name))
  if (unknown.length > 0) {
    console.error(`build: nothing is called ${unknown.join(', ')}; there is ${all.map((buildable) => buildable.name).join(', ')}`)
    process.exitCode = 1
    return
  }
  const chosen = positionals.length === 0 ? all : all.filter((buildable) => positionals.includes(buildable.name))
  if (values.force) rmSync(path.join(root, 'node_modules', '.cache', 'sightline-build'), { recursive: true, force: true })
  console.log(`build: ${chosen.map((buildable) => buildable.name).join(', ')}`)
  const startedAt = performance.now()
  const results = await buildAll(chosen, { onDone: (name, outcome) => console.log(`build: ${name} ${outcome}`) })
  const failures = results.filter((result) => result.status === 'rejected')
  for (const failure of failures) console.error(failure.reason instanceof Error ? failure.reason.message : failure.reason)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`build: ${results.length - failures.length} of ${results.length} done in ${seconds} s`)
  if (failures.length > 0) process.exitCode = 1
}

if (import.meta.main) await main()
