import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queryOptions, useTopic } from '../live/app.ts'
import type { TargetRef } from '../live/target.ts'
import { type FieldChange, findChanges } from '../region/document-changes.ts'
import type { IsIgnored } from '../region/ignored-fields.ts'
import { useIgnored } from '../region/use-ignored.ts'

/** The latest document of a target with what its last change was. */
export interface LastChange {
  readonly epoch: string
  readonly revision: number
  readonly at: number
  /** Without the fields that are ignored; null where the document before is not known: the first of its epoch. */
  readonly changes: readonly FieldChange[] | null
}

const mostChanges = 50

interface Document {
  readonly epoch: string
  readonly revision: number
  readonly updatedAt: number
  readonly data: unknown
}

const toLastChange = (latest: Document, before: Document | undefined, isIgnored: IsIgnored): LastChange => ({
  epoch: latest.epoch,
  revision: latest.revision,
  at: latest.updatedAt,
  changes:
    before === undefined || before.epoch !== latest.epoch
      ? null
      : findChanges(before.data, latest.data, { limit: mostChanges, isIgnored }),
})

/** What changed last, first from the history, then live. Undefined while it is not known. */
export const useLastChange = (target: TargetRef): LastChange | undefined => {
  const { data: latest } = useTopic('metrics', target)
  const history = useQuery({ ...queryOptions('metrics.history', { ...target, limit: 2 }), staleTime: Number.POSITIVE_INFINITY })
  const ignored = useIgnored(target)
  const [shown, setShown] = useState<{ readonly latest: Document; readonly change: LastChange }>()

  if (latest !== undefined && shown?.latest !== latest) {
    const before =
      shown?.latest ?? history.data?.items.find((entry) => entry.revision < latest.revision && entry.epoch === latest.epoch)
    // Before these have answered, it is not known what came before, and what of it counts: wait for them.
    const isKnown = !history.isPending && !ignored.isPending
    if (shown !== undefined || isKnown) setShown({ latest, change: toLastChange(latest, before, ignored.isIgnored) })
  }
  return shown?.change
}
