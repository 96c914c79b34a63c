/**
 * Reads `redis://…`, `rediss://…` and, since the variable is called `REDIS_HOST` in many places, `host` and `host:port`. Null where it is
 * none of them. The URL may hold a password, so nobody repeats it.
 */
export const parseRedisUrl = (value: string): string | null => {
  const url = /^[\w.-]+(:\d{1,5})?$/.test(value) ? `redis://${value}` : value
  return /^rediss?:\/\/./.test(url) && URL.canParse(url) ? url : null
}
