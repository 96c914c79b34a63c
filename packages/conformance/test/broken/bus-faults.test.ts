import { busFaults, busTests } from './bus-faults.ts'
import { describeCoverage, describeFaults } from './noticed.ts'

const options = { suite: 'bus', faults: busFaults, testsOver: busTests }

describeFaults(options)
describeCoverage(options)
