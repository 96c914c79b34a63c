import { isRecord } from '../protocol/is-record.ts'
import type { CheckSpec, ServiceSpec } from '../protocol/services.ts'

/** Stands for a value that is kept and never shown back. */
export const MASK = '***'

const secretName = /pass(word|wd|phrase)?$|secret|token|authorization|api[-_]?key|credential|private[-_]?key|cookie|^auth$/i
const urlPassword = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#@]*)@/i

/** Every value of `headers` is one, whatever the header is called. */
const isSecretAt = (path: readonly string[]): boolean => path.includes('headers') || secretName.test(path.at(-1) ?? '')

/** A check as it may be shown: names of headers stay, values and passwords do not. */
export const maskCheck = (check: CheckSpec): CheckSpec => mask(check, []) as CheckSpec

/** A specification as it may be shown. */
export const maskSpec = <S extends ServiceSpec>(spec: S): S => ({
  ...spec,
  ...(spec.check === undefined ? {} : { check: maskCheck(spec.check) }),
  ...(spec.url === undefined ? {} : { url: maskUrl(spec.url) }),
})

const maskUrl = (text: string): string => text.replace(urlPassword, `$1${MASK}@`)

const mask = (value: unknown, path: readonly string[]): unknown => {
  if (Array.isArray(value)) return value.map((item) => mask(item, path))
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mask(item, [...path, name])]))
  if (value === undefined || value === null || typeof value === 'boolean') return value
  if (isSecretAt(path)) return MASK
  return typeof value === 'string' ? maskUrl(value) : value
}

/**
 * A check as it is to be stored: where it has the mask, the stored value stays. null where a masked value would be sent somewhere else
 * than it was entered for: who may edit a service must not learn its secrets by having them sent to himself.
 */
export const restoreCheck = (entered: CheckSpec, stored: CheckSpec | null): CheckSpec | null => {
  if (!hasMask(entered)) return entered
  if (stored === null || destinationOf(entered) !== destinationOf(stored)) return null
  const restored = restore(entered, stored)
  return hasMask(restored) ? null : (restored as CheckSpec)
}

const restore = (entered: unknown, stored: unknown): unknown => {
  if (entered === MASK) return stored ?? MASK
  if (typeof entered === 'string' && typeof stored === 'string' && entered !== stored && maskUrl(stored) === maskUrl(entered)) {
    return isMaskedUrl(entered) ? stored : entered
  }
  if (typeof entered === 'string' && typeof stored === 'string' && isMaskedUrl(entered)) {
    return entered.replace(urlPassword, `$1${urlPassword.exec(stored)?.[2] ?? MASK}@`)
  }
  if (Array.isArray(entered))
    return entered.map((item, index) => restore(item, Array.isArray(stored) ? stored[index] : undefined))
  if (!isRecord(entered)) return entered
  return Object.fromEntries(
    Object.entries(entered).map(([name, item]) => [name, restore(item, isRecord(stored) ? own(stored, name) : undefined)]),
  )
}

const own = (record: Record<string, unknown>, name: string): unknown => (Object.hasOwn(record, name) ? record[name] : undefined)

const isMaskedUrl = (text: string): boolean => urlPassword.exec(text)?.[2] === MASK

const hasMask = (value: unknown): boolean => {
  if (typeof value === 'string') return value === MASK || isMaskedUrl(value)
  if (Array.isArray(value)) return value.some(hasMask)
  return isRecord(value) && Object.values(value).some(hasMask)
}

/** Where a check goes: its kind, the hosts and schemes of every URL in it, and whatever else names a place or how it proves itself. */
const destinationOf = (check: CheckSpec): string => {
  const places: string[] = [check.kind]
  const visit = (value: unknown, path: readonly string[]): void => {
    if (isRecord(value)) {
      for (const name of Object.keys(value).sort()) visit(value[name], [...path, name])
      return
    }
    if (Array.isArray(value)) {
      for (const item of value) visit(item, path)
      return
    }
    const name = path.join('.')
    if (typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && !isSecretAt(path)) {
      places.push(`${name}=${originOf(value)}`)
    } else if (/host|port|address|server|proxy|socket|tls|uri|url|to$/i.test(name) && !isSecretAt(path)) {
      places.push(`${name}=${String(value)}`)
    }
  }
  visit(check, [])
  return places.sort().join('\n')
}

/** Scheme, host and port; the whole text but its user and password where that is no URL with one host. */
const originOf = (text: string): string => {
  const plain = text.replace(urlPassword, '$1')
  if (!URL.canParse(plain)) return plain
  const { protocol, host } = new URL(plain)
  return `${protocol}//${host}`
}
