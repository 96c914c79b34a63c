import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './workspace.ts'

/** Something that is built from files, and need not be built again while they stay the same. */
export interface Build {
  /** Names the stamp: letters, digits and dashes. */
  readonly name: string
  /** Files, or folders with all they hold, relative to `workspace`; one that is missing counts as empty. */
  readonly inputs: readonly string[]
  /** Files that must be there afterwards, relative to `workspace`. */
  readonly outputs: readonly string[]
  /** Default: the workspace root. */
  readonly workspace?: string
}

const filesOf = (input: string, workspace: string): readonly string[] => {
  const absolute = path.join(workspace, input)
  if (!existsSync(absolute)) return []
  if (statSync(absolute).isFile()) return [input]
  return globSync('**/*', { cwd: absolute, withFileTypes: true, exclude: ['**/node_modules/**', '**/dist/**'] })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(workspace, path.join(entry.parentPath, entry.name)))
}

/** Changes with any input's name or content. */
export const digestInputs = (build: Build): string => {
  const workspace = build.workspace ?? root
  const hash = createHash('sha256')
  const files = [...new Set(build.inputs.flatMap((input) => filesOf(input, workspace)))].sort()
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(workspace, file)))
      .update('\0')
  return hash.digest('hex')
}

const stampFile = (build: Build): string =>
  path.join(build.workspace ?? root, 'node_modules', '.cache', 'sightline-build', build.name)

export const isUpToDate = (build: Build): boolean =>
  build.outputs.every((output) => existsSync(path.join(build.workspace ?? root, output))) &&
  existsSync(stampFile(build)) &&
  readFileSync(stampFile(build), 'utf8') === digestInputs(build)

/** Runs `make` where the outputs are missing or the inputs have changed. A failed `make` leaves no stamp. */
export const buildOnce = async (build: Build, make: () => Promise<void>): Promise<'built' | 'up to date'> => {
  if (isUpToDate(build)) return 'up to date'
  const digest = digestInputs(build)
  rmSync(stampFile(build), { force: true })
  await make()
  const missing = build.outputs.filter((output) => !existsSync(path.join(build.workspace ?? root, output)))
  if (missing.length > 0) throw new Error(`${build.name}: the build ended well but left no ${missing.join(', ')}`)
  mkdirSync(path.dirname(stampFile(build)), { recursive: true })
  writeFileSync(stampFile(build), digest)
  return 'built'
}
