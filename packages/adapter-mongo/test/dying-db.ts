import type { AnyBulkWriteOperation, Db, Document } from 'mongodb'

/**
 * A database whose process dies at its `step`-th write: that write and all that would follow never happen and never answer. Writes of several
 * documents are taken one by one, because another process may look at any of them before the next.
 */
export const dyingDb = (db: Db, step: number): { readonly db: Db; isDead(): boolean } => {
  let taken = 0
  const never = (): Promise<never> => new Promise(() => {})
  const isDead = (): boolean => taken >= step
  const write = async <T>(run: () => Promise<T>): Promise<T> => {
    if (isDead() || ++taken >= step) return never()
    return run()
  }

  const wrapCollection = (collection: ReturnType<Db['collection']>): object =>
    new Proxy(collection, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        switch (name) {
          case 'insertOne':
          case 'updateOne':
          case 'updateMany':
          case 'replaceOne':
          case 'deleteOne':
          case 'deleteMany':
          case 'createIndexes':
            return (...args: unknown[]) => write(() => Reflect.apply(value, target, args) as Promise<unknown>)
          case 'insertMany':
            return (documents: readonly Document[]) =>
              bulk(
                target,
                documents.map((document) => ({ insertOne: { document } })),
              )
          case 'bulkWrite':
            return (operations: readonly AnyBulkWriteOperation[]) => bulk(target, operations)
          case 'find':
          case 'watch':
            return (...args: unknown[]) => Reflect.apply(value, target, args) as unknown
          default:
            return (...args: unknown[]) => (isDead() ? never() : (Reflect.apply(value, target, args) as unknown))
        }
      },
    })

  const bulk = async (target: ReturnType<Db['collection']>, operations: readonly AnyBulkWriteOperation[]): Promise<unknown> => {
    const counts = { matchedCount: 0, insertedCount: 0, upsertedCount: 0 }
    const writeErrors: { readonly index: number; readonly code: unknown }[] = []
    for (const [index, operation] of operations.entries()) {
      await write(async () => {
        try {
          const { matchedCount, insertedCount, upsertedCount } = await target.bulkWrite([operation])
          counts.matchedCount += matchedCount
          counts.insertedCount += insertedCount
          counts.upsertedCount += upsertedCount
        } catch (thrown) {
          writeErrors.push({ index, code: (thrown as { readonly code?: unknown }).code })
        }
      })
    }
    if (writeErrors.length === 0) return counts
    throw Object.assign(new Error('some were refused'), { name: 'MongoBulkWriteError', code: writeErrors[0]?.code, writeErrors })
  }

  const wrapped = new Proxy(db, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'collection') {
        return (...args: Parameters<Db['collection']>) => wrapCollection(target.collection(...args))
      }
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return { db: wrapped, isDead }
}
