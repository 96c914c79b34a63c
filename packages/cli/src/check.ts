import { SightlineError } from '@sightline/core'
import { loadConfig } from './config-file.ts'
import { readDotenv, readEnvironment } from './environment.ts'

export interface CheckOptions {
  /** The configuration's file. Default: as `loadConfig` finds it. */
  readonly path?: string
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly directory: string
}

/** What is wrong, ready to print, one fault a line; or in one line what the configuration polls. */
export interface CheckResult {
  readonly isGood: boolean
  readonly text: string
}

/** Checks environment and configuration, starting nothing. Every fault of both is told at once. */
export const checkConfig = async ({ path, variables, directory }: CheckOptions): Promise<CheckResult> => {
  const faults: string[] = []
  const attempt = async <T>(step: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await step()
    } catch (error) {
      faults.push(describeFailure(error))
      return undefined
    }
  }
  const environment = await attempt(() => readEnvironment(variables, readDotenv(directory)))
  // The file is judged also where a variable is wrong: what it needs of the environment has a default.
  const known = environment ?? { configFile: variables.SIGHTLINE_CONFIG || null, apiName: 'external' }
  const loaded = await attempt(() => loadConfig({ environment: known, directory, ...(path === undefined ? {} : { path }) }))
  if (faults.length > 0) return { isGood: false, text: faults.join('\n') }
  if (loaded === null || loaded === undefined) {
    return {
      isGood: false,
      text: `There is no configuration: no sightline.config.ts, .js or .json in ${directory}, and SIGHTLINE_CONFIG is not set.`,
    }
  }
  const { apis = {}, services = {} } = loaded.config
  const regions = Object.values(apis as Readonly<Record<string, { readonly regions: object }>>).flatMap((api) =>
    Object.keys(api.regions),
  )
  const found = [
    count(Object.keys(apis).length, 'api'),
    count(regions.length, 'region'),
    ...(Object.keys(services).length === 0 ? [] : [count(Object.keys(services).length, 'service')]),
  ]
  return { isGood: true, text: `${loaded.file} is good: ${found.join(', ')}.` }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

/** A configuration's faults as they are listed; any other failure by its message alone: a stack helps nobody who wrote a configuration. */
export const describeFailure = (error: unknown): string =>
  error instanceof SightlineError || error instanceof Error ? error.message : String(error)
