/**
 * `npm test`: everything that must hold, as steps; `npm test -- --only lint --only tests` runs those (and what they stand
 * on), `--list` names them. The last line is `N passed, N failed`; the exit code is 1 where anything failed or nothing ran.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runSteps, selectSteps } from './checks/run-steps.ts'
import { steps } from './checks/steps.ts'
import { countTotals, toSeconds, toSummary, toTotalsLine } from './checks/summary.ts'
import { root } from './workspace.ts'

const HEARTBEAT_MS = 15_000

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true, default: [] }, list: { type: 'boolean', default: false } },
})

if (values.list) {
  for (const step of steps) console.log(`${step.name.padEnd(12)} ${step.about}`)
  process.exit(0)
}

const chosen = selectSteps(steps, values.only)
const running = new Map<string, number>()
console.log(`test: ${chosen.map((step) => step.name).join(', ')}`)

const heartbeat = setInterval(() => {
  const since = [...running].map(([name, startedAt]) => `${name} ${toSeconds(performance.now() - startedAt)}`)
  if (since.length > 0) console.log(`… still at it: ${since.join(', ')}`)
}, HEARTBEAT_MS)

const finished = await runSteps(chosen, {
  now: () => performance.now(),
  started: (step) => {
    // A step on its own shows its own progress.
    if (step.alone !== true) running.set(step.name, performance.now())
    console.log(`▶ ${step.name}: ${step.about}`)
  },
  finished: ({ name, result, elapsedMs }) => {
    running.delete(name)
    const outcome = toTotalsLine({ passed: result.passed, failed: result.failures.length, skipped: result.skipped })
    console.log(`${result.failures.length === 0 ? '✓' : '✗'} ${name}: ${outcome} (${toSeconds(elapsedMs)})`)
  },
})
clearInterval(heartbeat)

const summary = toSummary(finished)
mkdirSync(path.join(root, 'reports'), { recursive: true })
writeFileSync(path.join(root, 'reports', 'summary.txt'), `${summary}\n`)
console.log(`\n${summary}`)
const { passed, failed } = countTotals(finished)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
