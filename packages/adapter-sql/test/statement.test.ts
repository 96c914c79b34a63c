import { expect, test } from 'vitest'
import { postgresDialect } from '../src/postgres/postgres-dialect.ts'
import { sqliteDialect } from '../src/sqlite/sqlite-dialect.ts'
import { prepareRows, runRows, type Step } from '../src/statement.ts'

const { queries } = sqliteDialect('p_', { isShared: false })

/** The steps of a script whose every step answers with one row: how many values it was given. */
const stepsOf = (
  sizes: readonly number[],
  rows: number,
): { readonly steps: readonly Step[]; readonly answer: readonly unknown[] } => {
  const statement = prepareRows(sizes, (names: readonly { readonly name: string }[]) =>
    queries.insertInto('store').values(names.map(({ name }) => ({ name, value: 'constant' }))),
  )
  const script = runRows(
    statement,
    Array.from({ length: rows }, (_, index) => ({ name: `n${index}` })),
  )
  const steps: Step[] = []
  let step = script.next([])
  while (step.done !== true) {
    steps.push(step.value)
    step = script.next([step.value.values.length])
  }
  return { steps, answer: step.value }
}

test('rows go in as few steps as the sizes allow, each value in its place, constants between them', () => {
  const { steps, answer } = stepsOf([16, 4, 1], 22)
  expect(steps.map(({ values }) => values.length / 2)).toEqual([16, 4, 1, 1])
  expect(steps.flatMap(({ values }) => values)).toEqual(
    Array.from({ length: 22 }, (_, index) => [`n${index}`, 'constant']).flat(),
  )
  expect(answer).toEqual([32, 8, 2, 2])
  expect(stepsOf([1], 0).steps).toEqual([])
})

test('a size is compiled once', () => {
  const { steps } = stepsOf([1], 3)
  expect(new Set(steps.map(({ sql }) => sql)).size).toBe(1)
  expect(steps[0]?.sql).toBe('insert into "p_store" ("name", "value") values (?, ?)')
})

test('only the tables are prefixed, wherever they stand', () => {
  const postgres = postgresDialect('x_').queries
  const { sql } = postgres
    .selectFrom('heads as d')
    .innerJoin('targets', 'targets.id', 'd.target')
    .select(['targets.team', 'd.fence'])
    .where('targets.id', 'in', postgres.selectFrom('epochs').select('epochs.target'))
    .compile()
  expect(sql).toBe(
    'select "x_targets"."team", "d"."fence" from "x_heads" as "d" inner join "x_targets" on "x_targets"."id" = "d"."target" where "x_targets"."id" in (select "x_epochs"."target" from "x_epochs")',
  )
})
