import { cacheFaults, cacheTests } from './cache-faults.ts'
import { describeCoverage, describeFaults } from './noticed.ts'

const options = { suite: 'cache', faults: cacheFaults, testsOver: cacheTests }

describeFaults(options)
describeCoverage(options)
