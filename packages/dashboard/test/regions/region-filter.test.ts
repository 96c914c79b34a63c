import type { RegionStatus, TargetState } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { filterRegions, parseRegionFilter } from '../../page/regions/region-filter.ts'

const region = (api: string, name: string, label: string, state: TargetState = 'up'): RegionStatus => ({
  api,
  region: name,
  label,
  state,
  intervalMs: 1,
  revision: 1,
  changedAt: 1,
  checkedAt: 1,
  latencyMs: 1,
})
const regions = [
  region('orders', 'us-east', 'Virginia'),
  region('orders', 'eu-west', 'Ireland', 'failing'),
  region('search', 'us-east', 'Virginia', 'open'),
  region('search', 'eu-west', 'Ireland', 'waiting'),
]

it.each([
  [{}, [0, 1, 2, 3]],
  [{ q: 'VIRG' }, [0, 2]],
  [{ q: ' orders  ire ' }, [1]],
  [{ q: 'nothing' }, []],
  [{ show: 'trouble' }, [1, 2]],
  [{ show: 'up' }, [0]],
  [{ api: 'search' }, [2, 3]],
  [{ api: 'search', q: 'ireland', show: 'up' }, []],
] as const)('%j', (filter, indexes) => {
  expect(filterRegions(regions, filter)).toEqual(indexes.map((i) => regions[i]))
})

it('reads what fits of an address and leaves out the rest', () => {
  expect(parseRegionFilter({ q: 12, show: 'trouble', api: 'a', x: 1 })).toEqual({ q: '12', show: 'trouble', api: 'a' })
  expect(parseRegionFilter({ q: '', show: 'x', api: [] })).toEqual({})
})
