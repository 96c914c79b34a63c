import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** What the scripts read of a `package.json`. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly packageManager?: string
  readonly bin?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** One folder of the workspace that has a `package.json`. */
export interface Project {
  /** The folder's own name: `core`, `dashboard`, … */
  readonly name: string
  readonly folder: string
  readonly manifest: Manifest
}

export const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))

const projectsIn = (parent: string): readonly Project[] =>
  existsSync(parent)
    ? readdirSync(parent, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && existsSync(path.join(parent, entry.name, 'package.json')))
        .map((entry) => {
          const folder = path.join(parent, entry.name)
          return { name: entry.name, folder, manifest: readManifest(folder) }
        })
    : []

/** The packages that are published, by name. */
export const listPackages = (workspace = root): readonly Project[] => projectsIn(path.join(workspace, 'packages'))

export const listExamples = (workspace = root): readonly Project[] => projectsIn(path.join(workspace, 'examples'))

/** Every folder that has a `tsconfig.json` of its own, relative to the root. */
export const listTypescriptProjects = (workspace = root): readonly string[] =>
  [
    'scripts',
    'bench',
    ...[...listPackages(workspace), ...listExamples(workspace)].map((project) => path.relative(workspace, project.folder)),
  ]
    .filter((folder) => existsSync(path.join(workspace, folder, 'tsconfig.json')))
    .sort()

/** The workspace packages a package needs at run time, and what those need in turn. */
export const runtimeDependencies = (project: Project, packages: readonly Project[]): readonly Project[] => {
  const found = new Set<Project>()
  const visit = (current: Project): void => {
    const names = Object.keys({ ...current.manifest.dependencies, ...current.manifest.peerDependencies })
    for (const dependency of packages.filter((candidate) => names.includes(candidate.manifest.name))) {
      if (found.has(dependency)) continue
      found.add(dependency)
      visit(dependency)
    }
  }
  visit(project)
  return [...found]
}

/** `npx` arguments that start the pnpm this workspace is pinned to. */
export const pinnedPnpm = (): readonly string[] => {
  const { packageManager } = readManifest(root)
  if (packageManager === undefined) throw new Error('package.json names no packageManager')
  return ['--yes', '--loglevel=error', packageManager]
}
