import { main } from './main.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  let asked = false
  process.on(signal, () => {
    // The second Ctrl+C means it.
    if (asked) process.exit(130)
    asked = true
    stop.abort(signal)
  })
}

// Whoever reads the output may have enough of it, as in `haechi tsdb dump | head`.
process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (err.code === 'EPIPE') process.exit(0)
  throw err
})

process.exitCode = await main(process.argv.slice(2), {
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  env: process.env,
  cwd: process.cwd(),
  signal: stop.signal,
  onHangup: handler => void process.on('SIGHUP', handler),
})
