interface LoadingProps {
  /** What is waited for: `incidents`. */
  readonly what: string
  readonly rows?: number
}

/** Lines that stand for a list until it is there. */
export const Loading = ({ what, rows = 6 }: LoadingProps) => (
  <div className="flex flex-col gap-4 p-4" aria-busy="true">
    <p role="status" className="sr-only">
      Loading {what}
    </p>
    {Array.from({ length: rows }, (_, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: all alike, and none ever moves
      <span key={i} aria-hidden className="skeleton h-5 w-full" />
    ))}
  </div>
)
