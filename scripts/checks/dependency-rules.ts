import { runCommand } from '../command.ts'
import { root } from '../workspace.ts'

export interface Violation {
  readonly rule: string
  readonly from: string
  readonly to: string
}

export interface Cruise {
  /** Every module of the workspace that was met, relative to it. */
  readonly modules: readonly string[]
  readonly violations: readonly Violation[]
}

interface CruiseOutput {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: {
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string; readonly to: string }[]
  }
}

const FOLDERS = ['packages', 'examples', 'bench', 'scripts']

/** Every import of a workspace against the rules of `.dependency-cruiser.cjs`. Rejects where the tool itself fails. */
export const cruiseWorkspace = async (workspace = root): Promise<Cruise> => {
  const args = ['--config', `${root}/.dependency-cruiser.cjs`, '--output-type', 'json', ...FOLDERS]
  const { exitCode, output } = await runCommand('depcruise', args, { cwd: workspace })
  if (!output.startsWith('{')) throw new Error(`dependency-cruiser ended with exit code ${exitCode}\n${output.trim()}`)
  const { modules, summary }: CruiseOutput = JSON.parse(output)
  return {
    modules: modules.map((module) => module.source).filter((source) => !source.includes('node_modules/')),
    violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  }
}
