/** Puts the pre-commit hook in place after an install. Outside a git checkout, and on CI, there is nothing to do. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lefthook = path.join(root, 'node_modules', '.bin', 'lefthook')

if (existsSync(path.join(root, '.git')) && existsSync(lefthook) && process.env.CI === undefined) {
  const { status, stderr } = spawnSync(lefthook, ['install'], { cwd: root, encoding: 'utf8' })
  if (status !== 0)
    process.stderr.write(`sightline: no pre-commit hook was installed: ${stderr?.trim() ?? 'lefthook did not start'}\n`)
}
