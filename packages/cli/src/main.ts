#!/usr/bin/env node
import process from 'node:process'
import { parseArgs } from 'node:util'
import { checkConfig, describeFailure } from './check.ts'
import { createProgress } from './commands/progress.ts'
import {
  backupCommand,
  type CommandContext,
  exportCommand,
  migrateCommand,
  pruneCommand,
  restoreCommand,
  verifyCommand,
} from './commands/store-commands.ts'

const usage = `Usage: sightline <command> [file] [options]

  check [file]     validates the environment (also from .env) and the configuration: the given file,
                   else SIGHTLINE_CONFIG, else sightline.config.{ts,mts,js,mjs,json} of this folder
  backup <file>    writes everything the store holds into an archive that any storage can be restored from;
                   one that was interrupted is gone on with
  restore <file>   fills an empty store from an archive, and compares both by checksum
  verify [file]    counts and checksum of an archive, or of the store
  export <file>    the history of documents as CSV, JSON or NDJSON; - is standard output
  migrate          makes the store ready for this version, as every start does
  prune            deletes history that is older than it is kept, with --log-days log lines, with --sample-days
                   single samples; with --archive they are written into compressed files first, one a day

  --url <url>      the store, in place of DATABASE_URL
  --api, --region  export: of these alone
  --from, --to     export: between these times
  --format         export: csv, json or ndjson; default by the file's name
  --history-days   prune: default the configuration's, else 30
  --log-days       prune: log lines too, default not
  --sample-days    prune: samples too, but for their rollups, default not
  --archive <dir>  prune: where to keep what is deleted

Exit codes: 0 good, 1 it failed, 2 faults of the configuration or bad usage.`

const commands: Readonly<Record<string, (context: CommandContext) => Promise<void>>> = {
  backup: backupCommand,
  restore: restoreCommand,
  verify: verifyCommand,
  export: exportCommand,
  migrate: migrateCommand,
  prune: pruneCommand,
}

const text = { type: 'string' } as const

const check = async (words: readonly string[]): Promise<number> => {
  const [file, ...rest] = words
  if (rest.length > 0) {
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

const isMisuse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'INVALID_INPUT' || error.code === 'INVALID_CONFIG')

const run = async (): Promise<number> => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      url: text,
      api: text,
      region: text,
      from: text,
      to: text,
      format: text,
      'history-days': text,
      'log-days': text,
      'sample-days': text,
      archive: text,
    },
  })
  const [name = '', ...words] = positionals
  const { help, ...options } = values
  if (help === true) {
    console.log(usage)
    return 0
  }
  if (name === 'check') return check(words)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    console.error(name === '' ? usage : `${name} is no command.\n\n${usage}`)
    return 2
  }
  const progress = createProgress({ stream: process.stderr, now: () => performance.now() })
  try {
    await command({
      words,
      options,
      variables: process.env,
      directory: process.cwd(),
      progress,
      print: (line) => console.log(line),
    })
    return 0
  } catch (error) {
    progress.end()
    console.error(describeFailure(error))
    return isMisuse(error) ? 2 : 1
  }
}

/** Ends with it once all that was printed is out, also where a configuration has started something that keeps the process alive. */
const endWith = async (code: number): Promise<void> => {
  process.exitCode = code
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve))
  process.exit()
}

const code = await run().catch((error: unknown) => {
  console.error(describeFailure(error))
  return 2
})
await endWith(code)
