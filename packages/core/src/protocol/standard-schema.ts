/**
 * The part of Standard Schema version 1 that Sightline uses: what zod, valibot, arktype and others implement.
 * Source: https://standardschema.dev
 */
// biome-ignore lint/suspicious/noExplicitAny: a bound that every concrete schema must satisfy, in both directions
export interface Schema<Input = any, Output = any> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a schema says of a value: the value as it is to be used, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** One fault of a value. Without a path it is of the whole. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * What may be given to a schema.
 *
 * @example
 * type Given = SchemaInput<typeof NewDeploy>
 */
export type SchemaInput<S> = S extends Schema<infer Input> ? Input : never
/** What a schema makes of it: with defaults filled in and texts turned into dates, where it does such things. */
// biome-ignore lint/suspicious/noExplicitAny: only the output is asked for
export type SchemaOutput<S> = S extends Schema<any, infer Output> ? Output : never
