// npm start: installs and builds what is missing, then runs `haechi --demo` (more flags after `--`).

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'
import { root } from './lib.mjs'

await build()
const child = spawn(process.execPath, [join(root, 'bin/haechi'), '--demo', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
