/** `npm run pack`: builds every package and packs it into `reports/packages`, to be installed before it is published. */
import path from 'node:path'
import { buildAll, listBuildables } from './build.ts'
import { packPackages } from './checks/packed-packages.ts'
import { root } from './workspace.ts'

const results = await buildAll(listBuildables(), { onDone: (name, outcome) => console.log(`pack: ${name} ${outcome}`) })
const failure = results.find((result) => result.status === 'rejected')
if (failure === undefined) {
  for (const { tarball } of await packPackages()) console.log(path.relative(root, tarball))
} else {
  console.error(failure.reason instanceof Error ? failure.reason.message : failure.reason)
  process.exitCode = 1
}
