import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queryOptions, useTopic } from '../live/app.ts'
import type { TargetRef } from '../live/target.ts'
import { type FieldChange, findChanges } from '../region/document-changes.ts'

/** The latest document of a target with what its last change was. */
export interface LastChange {
  readonly epoch: string
  readonly revision: number
  readonly at: number
  /** null where the document before is not known: the first of its epoch. */
  readonly changes: readonly FieldChange[] | null
}

const mostChanges = 50

interface Document {
  readonly epoch: string
  readonly revision: number
  readonly updatedAt: number
  readonly data: unknown
}

const toLastChange = (latest: Document, before: Document | undefined): LastChange => ({
  epoch: latest.epoch,
  revision: latest.revision,
  at: latest.updatedAt,
  changes: before === undefined || before.epoch !== latest.epoch ? null : findChanges(before.data, latest.data, mostChanges),
})

/** What changed last, first from the history, then live. Undefined while it is not known. */
export const useLastChange = (target: TargetRef): LastChange | undefined => {
  const { data: latest } = useTopic('metrics', target)
  const history = useQuery({ ...queryOptions('metrics.history', { ...target, limit: 2 }), staleTime: Number.POSITIVE_INFINITY })
  const [shown, setShown] = useState<{ readonly latest: Document; readonly change: LastChange }>()

  if (latest !== undefined && shown?.latest !== latest) {
    const before =
      shown?.latest ?? history.data?.items.find((entry) => entry.revision < latest.revision && entry.epoch === latest.epoch)
    // Before the history has answered, what came before is not known: wait for it.
    if (shown !== undefined || !history.isPending) setShown({ latest, change: toLastChange(latest, before) })
  }
  return shown?.change
}
