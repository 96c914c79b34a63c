import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Builds the page where it is not up to date, as `npm start` does. Answers its folder. */
export const buildPage = async (): Promise<string> => {
  await promisify(execFile)(process.execPath, ['scripts/build.ts', 'dashboard'], {
    cwd: root,
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}` },
  })
  return `${root}examples/dashboard/dist`
}
