/** Runs something in a task of its own, soon: after what people have pressed meanwhile. */
export function taskQueue(): (run: () => void) => void {
  const { port1, port2 } = new MessageChannel()
  const runs: (() => void)[] = []
  port1.addEventListener('message', () => runs.shift()?.())
  port1.start()
  return run => {
    runs.push(run)
    port2.postMessage(null)
  }
}
