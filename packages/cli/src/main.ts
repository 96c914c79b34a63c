#!/usr/bin/env node
import process from 'node:process'
import { parseArgs } from 'node:util'
import { checkConfig, describeFailure } from './check.ts'

const usage = `Usage: sightline check [file]

  check [file]   validates the environment (also from .env) and the configuration: the given file,
                 else SIGHTLINE_CONFIG, else sightline.config.{ts,mts,js,mjs,json} of this folder

Exit codes: 0 good, 2 faults or bad usage.`

const run = async (): Promise<number> => {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } })
  const [command, file, ...rest] = positionals
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (command !== 'check' || rest.length > 0) {
    console.error(usage)
    return 2
  }
  const result = await checkConfig({
    variables: process.env,
    directory: process.cwd(),
    ...(file === undefined ? {} : { path: file }),
  })
  if (result.isGood) console.log(result.text)
  else console.error(result.text)
  return result.isGood ? 0 : 2
}

// `exitCode` rather than `exit`: what is printed to a pipe must not be cut.
run().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(describeFailure(error))
    process.exitCode = 2
  },
)
