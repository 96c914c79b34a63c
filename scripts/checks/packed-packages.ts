import { globSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from '../command.ts'
import { listPackages, type Project, pinnedPnpm, root } from '../workspace.ts'

/** A package as its users will get it. */
export interface PackedPackage {
  readonly project: Project
  /** Absolute path of the tarball. */
  readonly tarball: string
}

const folder = path.join(root, 'reports', 'packages')

const tarballPattern = ({ manifest }: Project): string =>
  `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`

/** Packs every published package afresh into `reports/packages`. Rejects where one cannot be packed. */
export const packPackages = async (): Promise<readonly PackedPackage[]> => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const packages = listPackages()
  for (const project of packages) {
    const args = [...pinnedPnpm(), 'pack', '--pack-destination', folder]
    const { exitCode, output } = await runCommand('npx', args, { cwd: project.folder })
    if (exitCode !== 0) throw new Error(`${project.manifest.name} cannot be packed\n${output.trim()}`)
  }
  return listPackedPackages()
}

/** What the last `packPackages` left. Throws where a package is missing. */
export const listPackedPackages = (): readonly PackedPackage[] =>
  listPackages().map((project) => {
    const [file] = globSync(tarballPattern(project), { cwd: folder })
    if (file === undefined) throw new Error(`${project.manifest.name} was not packed`)
    return { project, tarball: path.join(folder, file) }
  })
