/** Where data is kept, as `DATABASE_URL` names it. */
export type StorageUrl =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'mongo'; readonly url: string }

/**
 * Reads `memory:`, `sqlite:<file>` (also `sqlite://<file>`; a relative file is below the working directory),
 * `postgres://user:password@host:5432/database` (also `postgresql://`) and `mongodb://host:27017/database` (also `mongodb+srv://`, and with
 * several hosts). Null where it is none of them. The URL may hold a password, so nobody repeats it.
 */
export const parseStorageUrl = (url: string): StorageUrl | null => {
  if (url === 'memory:' || url === 'memory') return { kind: 'memory' }
  if (/^postgres(?:ql)?:\/\/./.test(url)) return URL.canParse(url) ? { kind: 'postgres', url } : null
  // Several hosts, which `mongodb://` may name, are no URL to `URL`.
  if (/^mongodb(?:\+srv)?:\/\/[^\s/?#]/.test(url)) return { kind: 'mongo', url }
  const file = /^sqlite:(?:\/\/)?(?<file>.+)$/s.exec(url)?.groups?.file
  return file === undefined || /^\/*$/.test(file) || file.includes('\0') ? null : { kind: 'sqlite', file }
}

export const storageUrlFault =
  'must be memory:, sqlite:<file> as in sqlite:./data/sightline.db, postgres://<user>@<host>/<database>, or mongodb://<host>/<database>'
