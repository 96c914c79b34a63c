import { z } from 'zod'
import type { CollectionDefinition, Stored } from '../ports/collections.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import type { RollupMarks } from './resolutions.ts'

const Marks = z.looseObject({ minute: z.number(), hour: z.number(), day: z.number() })

/** One record of the installation: how far everything is rolled up. */
export const ROLLUP_MARKS: CollectionDefinition<RollupMarks> = {
  name: 'core.rollup-marks',
  parse: (raw) => Marks.parse(raw),
  indexes: {},
}

const INSTALLATION = { team: '' } as const
const ID = 'marks'

export interface MarkStoreOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly randomId: () => string
}

export interface MarkStore {
  /** null before the first rollup of all. */
  load(): Promise<Stored<RollupMarks> | null>
  /** null where another process was first: what it rolled up is as good. */
  save(expected: Stored<RollupMarks> | null, marks: RollupMarks, at: number): Promise<Stored<RollupMarks> | null>
}

export const createMarkStore = ({ link, randomId }: MarkStoreOptions): MarkStore => ({
  load: async () => (await link.run((driver) => driver.collection(ROLLUP_MARKS).load(INSTALLATION, [ID])))[0] ?? null,
  save: async (expected, value, at) => {
    const write = {
      store: ROLLUP_MARKS.name,
      id: ID,
      team: INSTALLATION.team,
      expected: expected?.version ?? null,
      writeId: randomId(),
      at,
      value: { ...expected?.value, ...value },
    }
    const [outcome] = await link.run((driver) => driver.commit([{ write, then: [] }]))
    return outcome?.ok === true ? (outcome.record as Stored<RollupMarks>) : null
  },
})
