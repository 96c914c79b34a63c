declare const apiName: unique symbol
declare const regionName: unique symbol

/** Stands for "an api and one of its regions" in a definition; a client's types replace it by the configured pairs. */
export type Ref = { readonly api: string & { [apiName]: 1 }; readonly region: string & { [regionName]: 1 } }

/** What is known of an operation by its type alone. */
export interface Op<Kind, Input, Output> {
  readonly '~op': { readonly kind: Kind; readonly input: Input; readonly output: Output }
}

/** What is known of a topic by its type alone. */
export interface Topic<Params, Data> {
  readonly '~topic': { readonly params: Params; readonly data: Data }
}

/** One page of a list; it ends where `next` is null. */
export interface Listing<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

/** Names one revision. */
export interface RevisionRef {
  readonly epoch: string
  readonly revision: number
}
