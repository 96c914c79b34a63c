import { useEffect } from 'react'

/** Names the page in the browser's tab. */
export const useTitle = (...parts: readonly (string | null)[]): void => {
  const title = [...parts.filter((part) => part !== null), 'Sightline'].join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
