/** Where data is kept, as `DATABASE_URL` names it. */
export type StorageUrl = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly file: string }

/**
 * Reads `memory:` and `sqlite:<file>` (also `sqlite://<file>`); a relative file is below the working directory.
 * Null where it is neither. The URL may hold a password, so nobody repeats it.
 */
export const parseStorageUrl = (url: string): StorageUrl | null => {
  if (url === 'memory:' || url === 'memory') return { kind: 'memory' }
  const file = /^sqlite:(?:\/\/)?(?<file>.+)$/s.exec(url)?.groups?.file
  return file === undefined || /^\/*$/.test(file) || file.includes('\0') ? null : { kind: 'sqlite', file }
}

export const storageUrlFault = 'must be memory: or sqlite:<file>, as in sqlite:./data/sightline.db'
