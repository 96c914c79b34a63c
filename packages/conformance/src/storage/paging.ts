import assert from 'node:assert/strict'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { type Listing, listings } from './listings.ts'
import { ticketDefinition } from './plan.ts'

type Test = (context: StorageContext) => Promise<void>

const undisturbed =
  ({ prepare, list, disturb }: Listing): Test =>
  async (context) => {
    await prepare(context)
    const before = await readAll((page) => list(context, page))
    assert.equal(before.length, 20)
    // Not for ever: a listing that new items can outrun would never end.
    const between = async (round: number): Promise<void> => (round <= 20 ? disturb(context, round) : undefined)
    const items = await readAll((page) => list(context, page), { limit: 3, between })
    const staying = new Set(before)
    assert.deepEqual(
      items.filter((item) => staying.has(item)),
      before,
    )
    assert.equal(new Set(items).size, items.length, 'what came meanwhile is not listed twice either')
  }

const sameInPages =
  ({ prepare, list, disturb }: Listing): Test =>
  async (context) => {
    await prepare(context)
    for (let round = 1; round <= 3; round++) await disturb(context, round)
    const whole = await readAll((page) => list(context, page), { limit: 1_000 })
    for (const limit of [1, 2, 7]) assert.deepEqual(await readAll((page) => list(context, page), { limit }), whole)
  }

const acrossProcesses =
  ({ prepare, list }: Listing): Test =>
  async (context) => {
    await prepare(context)
    const driver = await context.connect()
    const other = { ...context, driver, tickets: driver.collection(ticketDefinition) }
    const whole = await readAll((page) => list(context, page))
    let turn = 0
    const items = await readAll((page) => list(turn++ % 2 === 0 ? context : other, page), { limit: 3 })
    assert.deepEqual(items, whole)
  }

const refusals =
  ({ prepare, list }: Listing): Test =>
  async (context) => {
    await prepare(context)
    for (const limit of [0, -1, 0.5, Number.NaN]) await rejectsWith('INVALID_INPUT', () => list(context, { limit }))
    for (const cursor of ['', 'garbage', 'null', '[]', '{}', '"a"', 'MQ==', '💥', '%E0%A4%A', 'x'.repeat(1_000)]) {
      await rejectsWith('INVALID_INPUT', () => list(context, { limit: 3, cursor }))
    }
    const { next } = await list(context, { limit: 3 })
    await rejectsWith('INVALID_INPUT', () => list(context, { limit: 3, cursor: `${next}x` }))
  }

const empty =
  ({ list }: Listing): Test =>
  async (context) => {
    assert.deepEqual(await readAll((page) => list(context, page)), [])
  }

/** Listings in pages. */
export const paging: Group<StorageContext> = {
  name: 'paging',
  tests: Object.fromEntries(
    Object.entries(listings).flatMap(([what, listing]) => [
      [`${what}: what stays is listed exactly once, in order, whatever comes and goes meanwhile`, undisturbed(listing)],
      [`${what}: pages of any size hold the same`, sameInPages(listing)],
      [`${what}: a cursor goes on in another process`, acrossProcesses(listing)],
      [`${what}: a bad limit and a foreign cursor are refused`, refusals(listing)],
      [`${what}: where there is nothing, the first page ends it`, empty(listing)],
    ]),
  ),
}
