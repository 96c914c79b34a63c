import { describeCoverage, describeFaults } from './noticed.ts'
import { storageFaults } from './storage-faults.ts'
import { storageTests } from './storage-suite.ts'

const options = { suite: 'storage', faults: storageFaults, testsOver: storageTests }

describeFaults(options)
describeCoverage(options)
