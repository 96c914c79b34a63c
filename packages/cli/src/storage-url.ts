/** Where data is kept, as `DATABASE_URL` names it. */
export type StorageUrl =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

/**
 * Reads `memory:`, `sqlite:<file>` (also `sqlite://<file>`; a relative file is below the working directory) and
 * `postgres://user:password@host:5432/database` (also `postgresql://`). Null where it is none of them. The URL may hold a password, so nobody repeats it.
 */
export const parseStorageUrl = (url: string): StorageUrl | null => {
  if (url === 'memory:' || url === 'memory') return { kind: 'memory' }
  if (/^postgres(?:ql)?:\/\/./.test(url)) return URL.canParse(url) ? { kind: 'postgres', url } : null
  const file = /^sqlite:(?:\/\/)?(?<file>.+)$/s.exec(url)?.groups?.file
  return file === undefined || /^\/*$/.test(file) || file.includes('\0') ? null : { kind: 'sqlite', file }
}

export const storageUrlFault =
  'must be memory:, sqlite:<file> as in sqlite:./data/sightline.db, or postgres://<user>@<host>/<database>'
