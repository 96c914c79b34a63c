import { leaseFaults, leaseTests } from './lease-faults.ts'
import { describeCoverage, describeFaults } from './noticed.ts'

const options = { suite: 'leases', faults: leaseFaults, testsOver: leaseTests }

describeFaults(options)
describeCoverage(options)
