import { spellValue } from '../region/document-rows.ts'
import { toDotted } from '../region/json-pointer.ts'
import type { LastChange } from './use-last-change.ts'

const shownLines = 3

/** What the last change was: up to three fields, before and after. */
export const ChangeLines = ({ change }: { readonly change: LastChange | undefined }) => {
  if (change === undefined) return <LinesSkeleton />
  if (change.changes === null)
    return <p className="mt-1 text-xs text-faint">The first document: nothing to compare it with yet.</p>
  return (
    <ul className="mt-1 flex flex-col font-mono text-xs" aria-label="Last change">
      {change.changes.slice(0, shownLines).map((field) => (
        <li key={field.pointer} className="flex h-5 items-center gap-3">
          <span className="min-w-0 flex-1 truncate text-left text-muted" dir="rtl" title={toDotted(field.pointer)}>
            <bdi>{toDotted(field.pointer)}</bdi>
          </span>
          <span className="flex max-w-[55%] shrink-0 items-center gap-1.5">
            <span className="truncate text-faint">{spellValue(field.before)}</span>
            <span aria-hidden className="text-faint">
              →
            </span>
            <span className="sr-only">became</span>
            <span key={change.revision} className="animate-flash truncate rounded-sm font-medium text-accent">
              {spellValue(field.after)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}

const LinesSkeleton = () => (
  <div aria-hidden className="flex flex-col gap-2 pt-2">
    <span className="skeleton h-3 w-full" />
    <span className="skeleton h-3 w-4/5" />
    <span className="skeleton h-3 w-3/5" />
  </div>
)
