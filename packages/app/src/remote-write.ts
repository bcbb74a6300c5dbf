import { RemoteWriteReceiver } from '@haechi/remote'
import type { ReceiveAnswer, ServerDeps } from '@haechi/server'
import type { Appendable } from '@haechi/storage'

/** Takes remote write 1.0 for the storage, with Prometheus' answers. */
export function remoteWriteReceiver(appendable: Appendable): NonNullable<ServerDeps['receive']> {
  const receiver = new RemoteWriteReceiver(appendable.appender())
  return (headers, body): Promise<ReceiveAnswer> => {
    const refused = unsupported(headers)
    if (refused !== undefined) return Promise.resolve(refused)
    const result = receiver.receive(body)
    if (result.status === 204) return Promise.resolve({ status: 204, headers: { 'X-Prometheus-Remote-Write-Samples-Written': String(result.samples) } })
    return Promise.resolve({ status: result.status, body: `${result.message}\n` })
  }
}

/** Remote write 2.0 and other encodings are refused as Prometheus refuses what it doesn't know. */
function unsupported(headers: Readonly<Record<string, string | string[] | undefined>>): ReceiveAnswer | undefined {
  const type = String(headers['content-type'] ?? 'application/x-protobuf')
  const proto = /;\s*proto=([\w.]+)/.exec(type)?.[1] ?? 'prometheus.WriteRequest'
  if (!type.startsWith('application/x-protobuf')) return { status: 415, body: `expected application/x-protobuf as the first (media) part, got ${type} content-type\n` }
  if (proto !== 'prometheus.WriteRequest') return { status: 415, body: `${proto} protobuf message is not accepted by this server; only accepts prometheus.WriteRequest\n` }
  const encoding = String(headers['content-encoding'] ?? 'snappy')
  if (encoding !== 'snappy') return { status: 415, body: `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable\n` }
  return undefined
}
