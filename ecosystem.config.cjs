'use strict'

const path = require('node:path')

/** `npm run start:pm2`. PM2 restarts the server when it ends by itself, and gives it time to stop when told to. */
module.exports = {
  apps: [
    {
      name: 'sightline',
      cwd: __dirname,
      script: path.join('examples', 'dashboard', 'server', 'main.ts'),
      interpreter: path.join(__dirname, 'node_modules', 'node', 'bin', 'node'),
      interpreter_args: '--conditions=@sightline/source',
      exec_mode: 'fork',
      instances: 1,
      autorestart: true,
      // A bad configuration ends with 2; starting again would not mend it.
      stop_exit_codes: [2],
      max_restarts: 10,
      min_uptime: 5_000,
      kill_timeout: 10_000,
      max_memory_restart: '512M',
      time: true,
    },
  ],
}
