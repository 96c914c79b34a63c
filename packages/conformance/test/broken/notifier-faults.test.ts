import { describeCoverage, describeFaults } from './noticed.ts'
import { notifierFaults, notifierTests } from './notifier-faults.ts'

const options = { suite: 'notifier', faults: notifierFaults, testsOver: notifierTests }

describeFaults(options)
describeCoverage(options)
