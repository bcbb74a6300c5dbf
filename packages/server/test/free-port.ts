import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A loopback port that nobody listens on, for programs that take no 0. */
export async function freePort(): Promise<number> {
  const probe = createTcpServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}
