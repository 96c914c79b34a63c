import { browserStep } from './browser-step.ts'
import { buildStep } from './build-step.ts'
import { consumerStep } from './consumer-step.ts'
import { packagesStep } from './packages-step.ts'
import type { Step } from './step.ts'
import { structureStep } from './structure-step.ts'
import { testsStep } from './tests-step.ts'
import { lintStep, promisesStep, referenceStep, sizeStep, typesStep, unusedStep } from './tool-steps.ts'

/** Everything `npm test` runs, quick answers first. */
export const steps: readonly Step[] = [
  lintStep,
  typesStep,
  structureStep,
  unusedStep,
  browserStep,
  buildStep,
  promisesStep,
  referenceStep,
  packagesStep,
  sizeStep,
  consumerStep,
  testsStep,
]
