import { library } from '../../scripts/tsup-library.ts'

export default library([
  'src/index.ts',
  'src/protocol/index.ts',
  'src/ports/index.ts',
  'src/driver/index.ts',
  'src/testing/index.ts',
])
