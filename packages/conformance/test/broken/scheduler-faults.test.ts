import { describeCoverage, describeFaults } from './noticed.ts'
import { schedulerFaults, schedulerTests } from './scheduler-faults.ts'

const options = { suite: 'scheduler', faults: schedulerFaults, testsOver: schedulerTests }

describeFaults(options)
describeCoverage(options)
