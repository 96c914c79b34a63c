import { runCommand } from '../command.ts'
import { typecheckProject } from '../typecheck.ts'
import { listTypescriptProjects } from '../workspace.ts'
import { type Check, type Step, toStepResult } from './step.ts'

/** A tool that says by its exit code whether all is well, as one check. */
const runTool = async (name: string, command: string, args: readonly string[]): Promise<Check> => {
  const { exitCode, output } = await runCommand(command, args)
  return { name, fault: exitCode === 0 ? undefined : output.trim() || `${command} ended with exit code ${exitCode}` }
}

const toolStep = (step: Pick<Step, 'name' | 'about' | 'after'>, command: string, args: readonly string[]): Step => ({
  ...step,
  run: async () => toStepResult([await runTool(step.about, command, args)]),
})

export const lintStep = toolStep({ name: 'lint', about: 'format, imports and lint rules (biome)' }, 'biome', [
  'check',
  '--error-on-warnings',
  '--max-diagnostics=100',
  '--colors=off',
])

/** Projects whose types one process holds together: those of all of them are more than it can. */
const TOGETHER = 5

export const promisesStep: Step = {
  name: 'promises',
  about: 'no promise is left floating or misused (typescript-eslint)',
  run: async () => {
    const checks: Check[] = []
    const projects = listTypescriptProjects()
    for (let start = 0; start < projects.length; start += TOGETHER) {
      const group = projects.slice(start, start + TOGETHER)
      checks.push(await runTool(group.join(', '), 'eslint', ['--no-color', '--max-warnings=0', ...group]))
    }
    return toStepResult(checks)
  },
}

export const unusedStep = toolStep({ name: 'unused', about: 'no unused file, export or dependency (knip)' }, 'knip', [
  '--no-progress',
  '--no-config-hints',
])

export const referenceStep = toolStep(
  { name: 'reference', about: 'the reference builds from the docstrings (typedoc)' },
  'typedoc',
  ['--logLevel', 'Warn'],
)

export const sizeStep = toolStep(
  { name: 'size', about: 'client and hooks stay small (size-limit)', after: ['build'] },
  'size-limit',
  [],
)

export const typesStep: Step = {
  name: 'types',
  about: 'every project type-checks (TypeScript 7)',
  run: async () => {
    const checks: Check[] = []
    for (const project of listTypescriptProjects()) checks.push({ name: project, fault: await typecheckProject(project) })
    return toStepResult(checks)
  },
}
