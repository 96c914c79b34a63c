import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Config,
  commonOptions,
  type FieldFault,
  invalidConfig,
  type Plugins,
  type RegionNames,
  type SightlineError,
} from '@sightline/core'
import { findFaults } from './config-faults.ts'
import type { Environment } from './environment.ts'
import { findJsonFault } from './json-fault.ts'

/** A configuration and the file it came from. */
export interface LoadedConfig {
  readonly config: Config<RegionNames, unknown, Plugins>
  readonly file: string
}

export interface LoadOptions {
  /** The file. Default: the environment's `SIGHTLINE_CONFIG`, else `sightline.config.*` in `directory`. */
  readonly path?: string
  readonly environment: Pick<Environment, 'configFile' | 'apiName'>
  /** Default: the working directory. */
  readonly directory?: string
  /** Can this Node import TypeScript? Default: `process.features.typescript`. */
  readonly stripsTypes?: boolean
}

const extensions = ['ts', 'mts', 'js', 'mjs', 'json'] as const

/**
 * Finds, reads and validates the configuration; null where none is named and there is no `sightline.config.*`.
 * A module is read once in a process's life: changes of it need a restart.
 *
 * @throws SightlineError `INVALID_CONFIG`; `fields` lists every fault, by its path as the file has it.
 * @example const loaded = await loadConfig({ environment: readEnvironment(process.env) })
 */
export const loadConfig = async (options: LoadOptions): Promise<LoadedConfig | null> => {
  const file = locateConfig(options)
  if (file === null) return null
  const raw = file.endsWith('.json') ? await readJson(file) : await importModule(file, options.stripsTypes)
  return { config: nameApi({ raw, name: options.environment.apiName, file }), file }
}

const fail = (file: string, faults: readonly FieldFault[]): SightlineError => invalidConfig(faults, file)

const locateConfig = ({ path: named, environment, directory = process.cwd() }: LoadOptions): string | null => {
  const wanted = named ?? environment.configFile
  if (wanted !== null) {
    const file = path.resolve(directory, wanted)
    const origin = named === undefined ? 'SIGHTLINE_CONFIG' : ''
    if (!existsSync(file) || !statSync(file).isFile()) throw fail(wanted, [{ path: origin, message: `there is no file ${file}` }])
    if (!extensions.some((extension) => file.endsWith(`.${extension}`))) {
      throw fail(wanted, [
        { path: origin, message: `must end in one of ${extensions.map((extension) => `.${extension}`).join(', ')}` },
      ])
    }
    return file
  }
  const found = extensions
    .map((extension) => path.join(directory, `sightline.config.${extension}`))
    .filter((file) => existsSync(file))
  if (found.length > 1) {
    const names = found.map((file) => path.basename(file)).join(' and ')
    throw fail(directory, [{ path: '', message: `holds ${names}; keep one, or name one in SIGHTLINE_CONFIG` }])
  }
  return found[0] ?? null
}

const readJson = async (file: string): Promise<unknown> => {
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '')
  const fault = findJsonFault(text)
  if (fault !== null) throw fail(file, [{ path: `line ${fault.line}, column ${fault.column}`, message: fault.message }])
  return JSON.parse(text)
}

const importModule = async (file: string, stripsTypes = process.features.typescript !== false): Promise<unknown> => {
  if (/\.m?ts$/.test(file) && !stripsTypes) {
    throw fail(file, [
      {
        path: '',
        message: `TypeScript needs Node.js 22.18 or newer, and this is ${process.version}; upgrade, or write it as .js or .json`,
      },
    ])
  }
  let module: Readonly<Record<string, unknown>>
  try {
    module = await import(/* @vite-ignore */ pathToFileURL(file).href)
  } catch (error) {
    throw fail(file, [
      {
        path: await findLine(file, error),
        message: `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      },
    ])
  }
  const config = module.default ?? module.config
  if (config === undefined) throw fail(file, [{ path: '', message: 'exports nothing; write export default defineConfig({ … })' }])
  return config
}

/** The line a module could not be read at. For JavaScript, Node tells it only to those who run it: `--check` parses and runs nothing. */
const findLine = async (file: string, error: unknown): Promise<string> => {
  if (!(error instanceof SyntaxError)) return ''
  const told = error.stack?.startsWith(file)
    ? error.stack
    : await new Promise<string>((resolve) => {
        execFile(process.execPath, ['--check', file], (_error, _stdout, stderr) => resolve(stderr))
      })
  const line = /^[^\n]*?:(\d+)\n/.exec(told)?.[1]
  return line === undefined ? '' : `line ${line}`
}

/** A configuration of one api may leave it unnamed, with `regions` at the top. Its faults keep the paths the file has. */
const nameApi = ({ raw, name, file }: { readonly raw: unknown; readonly name: string; readonly file: string }) => {
  if (typeof raw !== 'object' || raw === null || !('regions' in raw) || 'apis' in raw) {
    const faults = findFaults(raw)
    if (faults.length > 0) throw fail(file, faults)
    return raw as LoadedConfig['config']
  }
  const faults = findFaults(wrapApi(raw, 'unnamed'))
  if (faults.length > 0) {
    throw fail(
      file,
      faults.map((fault) => ({ ...fault, path: fault.path.replace(/^apis\.unnamed\./, '') })),
    )
  }
  return wrapApi(raw, name)
}

const wrapApi = (raw: object, name: string): LoadedConfig['config'] => {
  const isCommon = ([key]: readonly [string, unknown]): boolean => commonOptions.includes(key)
  const entries = Object.entries(raw)
  const api = Object.fromEntries(entries.filter((entry) => !isCommon(entry)))
  return { ...Object.fromEntries(entries.filter(isCommon)), apis: { [name]: api } } as LoadedConfig['config']
}
