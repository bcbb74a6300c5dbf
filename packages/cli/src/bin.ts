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

process.exitCode = await main(process.argv.slice(2), {
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  env: process.env,
  cwd: process.cwd(),
  signal: stop.signal,
  onHangup: handler => void process.on('SIGHUP', handler),
})
