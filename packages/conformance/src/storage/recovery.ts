import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import { checkAftermath } from './aftermath.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { meanwhile } from './meanwhile.ts'
import { conformancePlan, noteDefinition } from './plan.ts'
import { type Acknowledged, writeForever } from './writer.ts'
import { commitOne, keyOf, noteWrite, replaceOne, snapshotWrite, ticketWrite } from './writes.ts'

/** More steps than any driver takes for a round of the writer: a suite that never gets through would never end. */
const mostSteps = 1_000
const kills = 4

/** Resolves true once the work is done, false once its process is dead; rejects where it fails, or does neither. */
const isThrough = async (work: Promise<void>, isDead: () => boolean): Promise<boolean> => {
  let ended: { readonly failure: unknown } | null = null
  work.then(
    () => {
      ended = { failure: null }
    },
    (failure: unknown) => {
      ended = { failure }
    },
  )
  const isOver = (): { readonly failure: unknown } | null => ended
  for (const giveUpAt = performance.now() + 15_000; ; ) {
    const end = isOver()
    if (end !== null && end.failure !== null) throw end.failure
    if (end !== null) return true
    if (isDead()) return false
    assert.ok(performance.now() < giveUpAt, 'a writer neither ends nor dies')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Processes that die in the middle of writing. */
export const recovery: Group<StorageContext> = {
  name: 'recovery',
  timeoutMs: 120_000,
  tests: {
    'killed between any two steps: nothing acknowledged is lost, nothing stays half done': async (context) => {
      const { subject, connect, capabilities } = context
      assert.ok(subject.dying !== undefined, 'the factory has no driver that dies (`dying`)')
      const acknowledged: Acknowledged[] = []
      let finished = 0
      for (let step = 1; step <= mostSteps; step++) {
        const { driver, isDead } = subject.dying(step)
        const writing = writeForever({ driver, rounds: 3, report: (line) => acknowledged.push(JSON.parse(line)) })
        const isDone = await isThrough(writing, isDead)
        const successor = await connect()
        const recovered = await successor.recover()
        finished += recovered
        if (capabilities.transactions) assert.equal(finished, 0, 'with transactions there is nothing to finish')
        await checkAftermath(successor, acknowledged)
        assert.equal(await successor.recover(), 0, 'a recovery leaves nothing for the next one')
        await successor.close()
        if (isDone) return assert.ok(capabilities.transactions || finished > 0, 'what was finished is counted')
      }
      assert.fail(`the writer was still not through after ${mostSteps} steps`)
    },

    'killed with SIGKILL while it writes: nothing acknowledged is lost, nothing stays half done': async (context) => {
      const { subject, connect } = context
      assert.ok(subject.spawnWriter !== undefined, 'the factory starts no process (`spawnWriter`)')
      const acknowledged: Acknowledged[] = []
      for (let kill = 0; kill < kills; kill++) {
        const before = acknowledged.length
        const writer = await subject.spawnWriter((line) => acknowledged.push(JSON.parse(line)))
        for (const giveUpAt = performance.now() + 25_000; acknowledged.length === before && performance.now() < giveUpAt; ) {
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        // Another moment each time, so that the kills fall into different steps.
        await new Promise((resolve) => setTimeout(resolve, 20 + 37 * kill))
        await writer.kill()
        assert.ok(acknowledged.length > before, 'the writer has written something')
        const successor = await connect()
        await successor.recover()
        await checkAftermath(successor, acknowledged)
        await successor.close()
      }
    },

    'recover may run at any time, from several processes, while others write': async ({ driver, connect }) => {
      const others = [await connect(), await connect()]
      const acknowledged: Acknowledged[] = []
      const writer = await connect()
      const writing = writeForever({ driver: writer, rounds: 15, report: (line) => acknowledged.push(JSON.parse(line)) })
      await meanwhile(writing, async () => {
        await Promise.all(others.map((other) => other.recover()))
      })
      await driver.recover()
      await checkAftermath(driver, acknowledged)
    },

    'writes that were repeated after a death are there once': async ({ subject, connect }) => {
      assert.ok(subject.dying !== undefined, 'the factory has no driver that dies (`dying`)')
      for (let step = 1; step <= mostSteps; step++) {
        const key = keyOf(`repeat-${step}`)
        const snapshot = snapshotWrite({ key })
        const ticket = ticketWrite({ id: `repeat-${step}`, value: { code: `repeat-${step}` } })
        const note = noteWrite({ id: `repeat-${step}` })
        const { driver, isDead } = subject.dying(step)
        const writing = (async () => {
          await driver.connect(conformancePlan)
          await replaceOne(driver, snapshot)
          await commitOne(driver, ticket, note)
        })()
        const isDone = await isThrough(writing, isDead)
        const successor = await connect()
        const first = await replaceOne(successor, snapshot)
        const committed = await commitOne(successor, ticket, note)
        await successor.recover()
        assert.ok(first.ok && first.record.version.revision === 1)
        assert.ok(committed.ok && committed.record.version.revision === 1)
        assert.equal((await readAll((page) => successor.snapshots.history(key, page))).length, 1)
        const [noted] = await successor.collection(noteDefinition).load({ team: 'red' }, [note.id])
        assert.equal(noted?.version.revision, 1)
        await successor.close()
        if (isDone) return
      }
      assert.fail(`the writes were still not through after ${mostSteps} steps`)
    },
  },
}
