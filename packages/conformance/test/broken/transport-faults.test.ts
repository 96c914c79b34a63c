import { describeCoverage, describeFaults } from './noticed.ts'
import { transportFaults, transportTests } from './transport-faults.ts'

const options = { suite: 'transport', faults: transportFaults, testsOver: transportTests }

describeFaults(options)
describeCoverage(options)
