/** A field of the form: one option of a kind of check. */
export interface CheckField {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'number' | 'secret' | 'lines'
  readonly isRequired?: boolean
  readonly placeholder?: string
}

const databaseUrl = (placeholder: string): readonly CheckField[] => [
  { name: 'url', label: 'Connection string', type: 'secret', isRequired: true, placeholder },
]

const fields: Readonly<Record<string, readonly CheckField[]>> = {
  http: [
    { name: 'url', label: 'URL', type: 'text', isRequired: true, placeholder: 'https://shop.example/health' },
    { name: 'method', label: 'Method', type: 'text', placeholder: 'GET' },
  ],
  tcp: [
    { name: 'host', label: 'Host', type: 'text', isRequired: true, placeholder: 'mail.example' },
    { name: 'port', label: 'Port', type: 'number', isRequired: true, placeholder: '25' },
  ],
  tls: [
    { name: 'host', label: 'Host', type: 'text', isRequired: true, placeholder: 'shop.example' },
    { name: 'port', label: 'Port', type: 'number', placeholder: '443' },
  ],
  dns: [
    { name: 'name', label: 'Name', type: 'text', isRequired: true, placeholder: 'shop.example' },
    { name: 'type', label: 'Record type', type: 'text', placeholder: 'A' },
    { name: 'expect', label: 'Expected records, one a line', type: 'lines' },
  ],
  postgres: databaseUrl('postgres://user:password@db.example/shop'),
  mongodb: databaseUrl('mongodb://user:password@db.example/shop'),
  redis: databaseUrl('redis://cache.example:6379'),
}

/** The options of a kind that have a field of their own; the rest is entered as JSON. */
export const checkFieldsOf = (kind: string): readonly CheckField[] => fields[kind] ?? []

const names: Readonly<Record<string, string>> = {
  http: 'HTTP(S)',
  tcp: 'TCP',
  tls: 'TLS certificate',
  dns: 'DNS',
  postgres: 'PostgreSQL',
  mongodb: 'MongoDB',
  redis: 'Redis',
  process: 'This process',
  host: 'This host',
  heartbeat: 'Heartbeat (waits to be told)',
  report: 'None (it reports itself)',
}

export const kindName = (kind: string): string => names[kind] ?? kind
