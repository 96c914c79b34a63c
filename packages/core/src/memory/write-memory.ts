import { rememberedWrites } from '../driver/decide-record.ts'

interface Answered<R> {
  readonly writeId: string
  readonly record: R
}

/** The writes that won an epoch, with what they were answered: its first, and its last eight. */
export interface WriteMemory<R> {
  readonly first: Answered<R>
  readonly recent: readonly Answered<R>[]
}

/** The memory with one more write in it; `null` begins an epoch's. */
export const remember = <R>(memory: WriteMemory<R> | null, writeId: string, record: R): WriteMemory<R> => {
  const answered = { writeId, record }
  return memory === null
    ? { first: answered, recent: [answered] }
    : { first: memory.first, recent: [...memory.recent.slice(1 - rememberedWrites), answered] }
}

/** What that write was answered, or undefined where it is not remembered. */
export const recall = <R>(memory: WriteMemory<R> | null, writeId: string): R | undefined => {
  if (memory === null) return undefined
  if (memory.first.writeId === writeId) return memory.first.record
  return memory.recent.find((answered) => answered.writeId === writeId)?.record
}
