import { fromPointer, type Pointer } from './json-pointer.ts'

/** Says of a field whether its changes are none, by its own path or by that of what holds it. */
export type IsIgnored = (pointer: Pointer) => boolean

export const nothingIgnored: IsIgnored = () => false

type Step = { readonly key: string } | '*' | '**'

/** The steps of a path as `ignore` has them: `a.b`, `hosts.*.uptime`, `hosts[].uptime`, `**.stamp`, `a\.b`. */
const toSteps = (path: string): readonly Step[] =>
  [...path.replaceAll('[]', '.*').matchAll(/(?:\\.|[^.\\])+/gs)].map(([text]) =>
    text === '*' || text === '**' ? text : { key: text.replace(/\\(.)/gs, '$1') },
  )

/** Do the steps lead to this field, or to one that holds it? */
const reaches = (steps: readonly Step[], keys: readonly string[]): boolean => {
  const [step, ...rest] = steps
  if (step === undefined) return true
  if (step === '**') return keys.some((_, i) => reaches(rest, keys.slice(i)))
  const [key, ...below] = keys
  return key !== undefined && (step === '*' || step.key === key) && reaches(rest, below)
}

export const compileIgnored = (paths: readonly string[]): IsIgnored => {
  if (paths.length === 0) return nothingIgnored
  const compiled = paths.map(toSteps)
  return (pointer) => {
    const keys = fromPointer(pointer)
    return compiled.some((steps) => reaches(steps, keys))
  }
}
