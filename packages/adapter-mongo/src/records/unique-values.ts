import { isLive, type RecordState } from '@sightline/core/driver'
import type { CollectionPlan, Write } from '@sightline/core/ports'
import type { StoreAccess } from '../store-access.ts'
import { isHeld, recordId, standIn, toRecord, uniqueFields } from './record-document.ts'

/** The unique values that a write is to hold, by field. */
export const heldFields = (
  plan: CollectionPlan,
  write: Pick<Write, 'team' | 'id' | 'value'>,
): readonly (readonly [field: string, value: string])[] =>
  Object.entries(uniqueFields(plan, write)).filter(([, value]) => isHeld(value))

/** Another live record that holds one of the write's values. What a dead one still holds is freed. */
export const findHolder = async ({ collections, plan, now }: StoreAccess, write: Write): Promise<RecordState | null> => {
  const records = collections().records(write.store)
  for (const [field, value] of heldFields(plan(write.store), write)) {
    const holder = await records.findOne({ [`unique.${field}`]: value } as object)
    if (holder === null || holder._id === recordId(write)) continue
    const record = toRecord(write.store, holder)
    if (isLive(record, now())) return record
    await records.updateOne({ _id: holder._id, epoch: holder.epoch, revision: holder.revision }, {
      $set: { [`unique.${field}`]: standIn(holder) },
    } as object)
  }
  return null
}
