import { buildAll, listBuildables } from '../build.ts'
import { type Step, toStepResult } from './step.ts'

export const buildStep: Step = {
  name: 'build',
  about: 'every package and the dashboard build (tsup, vite)',
  run: async () => {
    const buildables = listBuildables()
    const results = await buildAll(buildables)
    return toStepResult(
      buildables.map(({ name }, index) => {
        const result = results[index]
        if (result?.status === 'fulfilled') return { name }
        return { name, fault: result?.reason instanceof Error ? result.reason.message : String(result?.reason) }
      }),
    )
  },
}
