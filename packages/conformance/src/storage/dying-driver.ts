import type { StorageDriver } from '@sightline/core/ports'

/**
 * A driver that dies between two calls, for `StorageSubject.dying` where every call is one atomic step (transactions): odd steps are the
 * moment before a call reaches the store, even ones the moment after, before its answer. Dead, it does nothing and never answers.
 */
export const dyingBetweenCalls = (driver: StorageDriver, step: number): { readonly driver: StorageDriver; isDead(): boolean } => {
  let taken = 0
  let isDead = false
  const never = (): Promise<never> => new Promise(() => {})
  const live = (): boolean => {
    if (++taken >= step) isDead = true
    return !isDead
  }

  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (name === 'collection') return (...args: unknown[]) => wrap(Reflect.apply(value as () => object, target, args))
        if (typeof value === 'object' && value !== null) return wrap(value)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]): Promise<unknown> => {
          if (isDead || !live()) return never()
          const answer: unknown = await Reflect.apply(value, target, args)
          return live() ? answer : never()
        }
      },
    })

  return { driver: wrap(driver), isDead: () => isDead }
}
