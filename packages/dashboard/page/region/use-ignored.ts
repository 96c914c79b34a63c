import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { queryOptions } from '../live/app.ts'
import type { TargetRef } from '../live/target.ts'
import { compileIgnored, type IsIgnored } from './ignored-fields.ts'

/** Which fields of a target's document its configuration ignores. */
export const useIgnored = ({ api, region }: TargetRef): { readonly isIgnored: IsIgnored; readonly isPending: boolean } => {
  const { data, isPending } = useQuery({ ...queryOptions('metrics.listApis', {}), staleTime: Number.POSITIVE_INFINITY })
  const paths = data?.items.find(({ name }) => name === api)?.regions.find(({ name }) => name === region)?.ignore
  const isIgnored = useMemo(() => compileIgnored(paths ?? []), [paths])
  return { isIgnored, isPending }
}
