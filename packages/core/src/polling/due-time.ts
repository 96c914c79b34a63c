/**
 * Where in its interval a schedule is due: spread evenly by its id, the same in every process and after every restart.
 * FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) with a final mix, since its low bits alone follow similar ids.
 */
export const offsetOf = (id: string, everyMs: number): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * everyMs)
}
