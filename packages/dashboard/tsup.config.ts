import { library } from '../../scripts/tsup-library.ts'

// Beside it, `dist/page` is Vite's.
export default library(['src/index.ts'], { clean: false })
