import { allowAll } from '@sightline/core'

// Inside the composition everybody may do everything: only nginx, on this machine's own address, lets anybody in.
export default {
  access: allowAll(),
  apis: {
    fleet: {
      intervalMs: 1_000,
      ignore: ['generatedAt', 'requests.served', 'uptime'],
      regions: Object.fromEntries(
        ['us-east', 'us-west', 'eu-west', 'eu-central', 'sa-east', 'ap-southeast'].map((region, index) => [
          region,
          { url: `http://fleet:${4_001 + index}/status` },
        ]),
      ),
    },
  },
}
