/**
 * Runs a command of this workspace on whatever Node the machine has: `node scripts/bootstrap.mjs <command> [arguments]`.
 * It installs the dependencies where they are not in step with the lockfile, then starts the command with
 * `node_modules/.bin` first on PATH, so that `node` means the version the workspace pins. Everything here runs before
 * anything is installed: plain JavaScript, Node 20 and up, no dependency.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 20
const HEARTBEAT_MS = 10_000

const root = fileURLToPath(new URL('..', import.meta.url))
const stampFile = path.join(root, 'node_modules', '.sightline-install')

const say = (message) => process.stderr.write(`sightline: ${message}\n`)

const childFolders = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => path.join(folder, entry.name))
    : []

/** The files that decide what an install yields. */
const manifests = () =>
  [root, path.join(root, 'bench'), ...childFolders(path.join(root, 'packages')), ...childFolders(path.join(root, 'examples'))]
    .map((folder) => path.join(folder, 'package.json'))
    .filter((file) => existsSync(file))

const installDigest = () => {
  const hash = createHash('sha256')
  const inputs = [path.join(root, 'pnpm-lock.yaml'), path.join(root, 'pnpm-workspace.yaml'), ...manifests()]
  for (const file of inputs) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  return hash.update(`${process.platform} ${process.arch}`).digest('hex')
}

const ownNode = path.join(root, 'node_modules', '.bin', 'node')

const isInstalled = (digest) => existsSync(ownNode) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest

const startedAt = Date.now()
const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`

/** Resolves with the exit code; a child ended by a signal counts as 128 + its number, as shells have it. */
const run = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, options)
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })

const install = async (digest) => {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  say(`installing what the lockfile names, with ${packageManager} (a few minutes the first time)`)
  const heartbeat = setInterval(() => say(`still installing, ${elapsed()}`), HEARTBEAT_MS)
  const args = ['--yes', '--loglevel=error', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only']
  const env = { ...process.env, npm_config_confirm_modules_purge: 'false', pnpm_config_confirm_modules_purge: 'false' }
  const code = await run('npx', args, { cwd: root, stdio: ['ignore', 2, 2], env }).finally(() => clearInterval(heartbeat))
  if (code !== 0) {
    say(`the install failed with exit code ${code}; what went wrong stands above. Fix it and run the same command again.`)
    process.exit(code)
  }
  if (!existsSync(ownNode)) {
    say('the install brought no Node for this machine (package `node`): is there a build of it for this system?')
    process.exit(1)
  }
  writeFileSync(stampFile, digest)
  say(`installed in ${elapsed()}`)
}

/**
 * Runs the command in the foreground, passes signals on, and ends as it ended. A Ctrl-C at a terminal already reaches the
 * whole process group; passing that on too would tell the command twice.
 */
const runCommand = (command, args) => {
  const bin = path.join(root, 'node_modules', '.bin')
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` }
  let child = null
  // Listened to before there is a child: a signal that came in between would end this process alone, and the command would live on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      const fromTerminal = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT')
      if (!fromTerminal) child?.kill(signal)
    })
  }
  child = spawn(command, args, { cwd: root, stdio: 'inherit', env })
  child.once('error', (error) => {
    say(`cannot start ${command}: ${error.message}`)
    process.exit(127)
  })
  child.once('close', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

const major = Number(process.versions.node.split('.')[0])
if (major < OLDEST_NODE) {
  say(`needs Node.js ${OLDEST_NODE} or newer to start; this is ${process.version}`)
  process.exit(1)
}

const [command, ...args] = process.argv.slice(2)
const digest = installDigest()
if (!isInstalled(digest)) await install(digest)
if (command !== undefined) runCommand(command, args)
