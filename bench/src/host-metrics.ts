/** A status document of about so many bytes, as a provider of host metrics sends it: nested, keys in the order somebody wrote them. */
export const hostMetrics = (bytes: number, seed: number): Uint8Array => {
  const random = randomFrom(seed)
  const document = {
    service: 'orders',
    version: '2.4.1',
    generatedAt: new Date(1_700_000_000_000 + seed).toISOString(),
    summary: { open: Math.floor(random() * 50), failed: 0, latencyMs: { p50: round(random() * 40), p99: round(random() * 400) } },
    hosts: [] as unknown[],
  }
  const encoder = new TextEncoder()
  let length = JSON.stringify(document).length
  while (length < bytes) {
    const host = hostOf(document.hosts.length, random)
    document.hosts.push(host)
    length += JSON.stringify(host).length + 1
  }
  return encoder.encode(JSON.stringify(document))
}

const round = (value: number): number => Math.round(value * 100) / 100

const hostOf = (index: number, random: () => number) => ({
  name: `host-${index}.eu-west.example.net`,
  status: random() < 0.9 ? 'up' : 'degraded',
  uptimeSeconds: Math.floor(random() * 1e7),
  cpu: { user: round(random() * 100), system: round(random() * 20), cores: 8 },
  memory: { usedBytes: Math.floor(random() * 16e9), totalBytes: 17_179_869_184, share: random() },
  load: [random() * 8, random() * 8, random() * 8].map(round),
  disks: ['/', '/var'].map((mount) => ({ mount, used: round(random()) })),
  tags: ['prod', 'web'],
  lastError: null,
  healthy: true,
})

// Park and Miller's generator (1988): the same documents in every run.
const randomFrom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
