/** `node scripts/typecheck.ts [files]`: type-checks the projects those files belong to; without files, every project. */
import path from 'node:path'
import { runCommand } from './command.ts'
import { listTypescriptProjects, root } from './workspace.ts'

const compiler = path.join(root, 'node_modules', 'typescript-native', 'bin', 'tsc')

/** The projects, relative to the root, that hold at least one of the files. */
export const projectsOf = (files: readonly string[], projects: readonly string[]): readonly string[] =>
  projects.filter((project) =>
    files.some((file) => path.relative(root, path.resolve(root, file)).startsWith(`${project}${path.sep}`)),
  )

/** What is wrong in one project; `undefined` where nothing is. */
export const typecheckProject = async (project: string): Promise<string | undefined> => {
  const { exitCode, output } = await runCommand('node', [compiler, '-p', project, '--pretty', 'false'])
  return exitCode === 0 ? undefined : output.trim()
}

const main = async (files: readonly string[]): Promise<void> => {
  const projects = listTypescriptProjects()
  for (const project of files.length === 0 ? projects : projectsOf(files, projects)) {
    const fault = await typecheckProject(project)
    console.log(`${fault === undefined ? '✓' : '✗'} ${project}${fault === undefined ? '' : `\n${fault}`}`)
    if (fault !== undefined) process.exitCode = 1
  }
}

if (import.meta.main) await main(process.argv.slice(2))
