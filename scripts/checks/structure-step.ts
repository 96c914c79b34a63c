import { listPackages } from '../workspace.ts'
import { cruiseWorkspace } from './dependency-rules.ts'
import { type Step, toStepResult } from './step.ts'

export const structureStep: Step = {
  name: 'structure',
  about: 'imports point inward, without cycles (dependency-cruiser)',
  run: async () => {
    const { modules, violations } = await cruiseWorkspace()
    const unseen = listPackages()
      .map((project) => `packages/${project.name}/src/index.ts`)
      .filter((entry) => !modules.includes(entry))
    return toStepResult([
      { name: 'every package was looked at', fault: unseen.length === 0 ? undefined : `not seen: ${unseen.join(', ')}` },
      ...(violations.length === 0
        ? [{ name: 'no import breaks a rule' }]
        : violations.map(({ rule, from, to }) => ({ name: rule, fault: `${from} → ${to}` }))),
    ])
  },
}
