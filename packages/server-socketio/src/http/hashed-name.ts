/** Names with a hash in them (`index-B4xK9_aZ.js`) never change their content. */
const HASHED = /[-.][\w-]{8,}\.\w+$/

/** May a browser keep it forever? Pages never say yes. */
export const hasHashedName = (path: string): boolean => HASHED.test(path) && !path.endsWith('.html')
