/** Makes of a topic's data what it will be once a call has taken effect. It must not change what it is given. */
export type Recipe = (data: unknown) => unknown

/** Recipes laid over a topic's data, in the order they came. */
export interface Recipes {
  /** Returns its undo. `data` is tried at once, where there is any: what the recipe throws, this throws. */
  add(recipe: Recipe, data: unknown): () => void
  /** The same result for the same data and recipes. A recipe that no longer fits the data is left out. */
  apply(data: unknown): unknown
}

export const createRecipes = (): Recipes => {
  const all = new Set<{ readonly recipe: Recipe }>()
  let last: { readonly data: unknown; readonly result: unknown } | null = null
  return {
    add: (recipe, data) => {
      if (data !== undefined) recipe(data)
      const entry = { recipe }
      all.add(entry)
      last = null
      return () => {
        all.delete(entry)
        last = null
      }
    },
    apply: (data) => {
      if (data === undefined || all.size === 0) return data
      if (last && last.data === data) return last.result
      let result: unknown = data
      for (const entry of all) {
        try {
          result = entry.recipe(result)
        } catch {
          all.delete(entry)
        }
      }
      last = { data, result }
      return result
    },
  }
}
