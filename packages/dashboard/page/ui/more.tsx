import { Button } from './button.tsx'

interface MoreProps {
  readonly hasMore: boolean
  readonly isLoadingMore: boolean
  readonly error: { readonly message: string } | null
  readonly loadMore: () => void
}

/** The end of a list that is loaded page by page. */
export const More = ({ hasMore, isLoadingMore, error, loadMore }: MoreProps) => (
  <>
    {error === null ? null : (
      <p role="alert" className="border-t border-line px-4 py-2.5 text-fail">
        Older ones cannot be shown: {error.message}
      </p>
    )}
    {hasMore ? (
      <div className="flex justify-center border-t border-line p-2">
        <Button isPending={isLoadingMore} onClick={loadMore}>
          Show older ones
        </Button>
      </div>
    ) : null}
  </>
)
