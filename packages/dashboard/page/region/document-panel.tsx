import { Check, Copy } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { formatCount } from '../format/number.ts'
import { Age } from '../ui/age.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/notice.tsx'
import type { FieldChange } from './document-changes.ts'
import { DocumentTree } from './document-tree.tsx'
import type { Pointer } from './json-pointer.ts'

interface DocumentPanelProps {
  readonly snapshot:
    | { readonly data: unknown; readonly epoch: string; readonly revision: number; readonly updatedAt: number }
    | undefined
  /** What turned the revision before into this one. */
  readonly changes: readonly FieldChange[]
  readonly isProvisional: boolean
  readonly onChart: (field: Pointer) => void
}

/** The latest document, its changed fields marked. */
export const DocumentPanel = ({ snapshot, changes, isProvisional, onChart }: DocumentPanelProps) => {
  const byPointer = useMemo(() => new Map(changes.map((change) => [change.pointer, change])), [changes])
  return (
    <section aria-labelledby="document-title" className="panel flex min-w-0 flex-col">
      <header className="flex h-12 items-center gap-2 border-b border-line pr-2 pl-4">
        <h2 id="document-title" className="text-base font-semibold">
          Latest document
        </h2>
        {snapshot === undefined ? null : (
          <p className="truncate text-xs text-faint">
            revision {formatCount(snapshot.revision)}, <Age at={snapshot.updatedAt} style="ago" />
            {isProvisional ? <span className="text-late"> · not stored yet</span> : null}
          </p>
        )}
        {snapshot === undefined ? null : <CopyButton text={() => JSON.stringify(snapshot.data, null, 2)} label="Copy document" />}
      </header>
      {snapshot === undefined ? (
        <Empty title="No document yet">It appears with the first poll that succeeds.</Empty>
      ) : (
        <DocumentTree
          document={snapshot.data}
          revision={`${snapshot.epoch}~${snapshot.revision}`}
          changes={byPointer}
          onChart={onChart}
        />
      )}
    </section>
  )
}

const shownMs = 1_500

const CopyButton = ({ text, label }: { readonly text: () => string; readonly label: string }) => {
  const [isCopied, setIsCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setIsCopied(false), shownMs)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = () => {
    void navigator.clipboard?.writeText(text()).then(() => setIsCopied(true))
  }
  return (
    <Button tone="ghost" className="ml-auto w-8 px-0" aria-label={isCopied ? 'Copied' : label} title={label} onClick={copy}>
      {isCopied ? <Check aria-hidden className="size-4 text-up" /> : <Copy aria-hidden className="size-4" />}
    </Button>
  )
}
