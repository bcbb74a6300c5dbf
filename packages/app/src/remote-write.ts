import { RemoteWriteReceiver, RemoteWriteV2Receiver } from '@haechi/remote'
import type { ReceiveAnswer, ServerDeps } from '@haechi/server'
import type { Appendable } from '@haechi/storage'

const MEDIA_TYPE = 'application/x-protobuf'
const V1 = 'prometheus.WriteRequest'
const V2 = 'io.prometheus.write.v2.Request'

/** Takes remote write 1.0 and 2.0 for the storage, with Prometheus' answers. @param typeAndUnitLabels whether what 2.0 says of type and unit become labels */
export function remoteWriteReceiver(appendable: Appendable, typeAndUnitLabels: boolean): NonNullable<ServerDeps['receive']> {
  const first = new RemoteWriteReceiver(appendable.appender())
  const second = new RemoteWriteV2Receiver(appendable.appender(), undefined, undefined, typeAndUnitLabels)
  return (headers, body): Promise<ReceiveAnswer> => {
    const proto = messageOf(headers)
    if (typeof proto !== 'string') return Promise.resolve(proto)
    if (proto === V1) {
      const result = first.receive(body)
      if (result.status === 204) return Promise.resolve({ status: 204, headers: { 'X-Prometheus-Remote-Write-Samples-Written': String(result.samples) } })
      return Promise.resolve({ status: result.status, body: `${result.message}\n` })
    }
    const { status, message, samples, histograms, exemplars } = second.receive(body)
    return Promise.resolve({
      status, headers: {
        'X-Prometheus-Remote-Write-Samples-Written': String(samples), 'X-Prometheus-Remote-Write-Histograms-Written': String(histograms), 'X-Prometheus-Remote-Write-Exemplars-Written': String(exemplars),
      }, ...(message !== '' && { body: `${message}\n` }),
    })
  }
}

/** The message that the headers announce, or the answer to what can't be taken. @see Prometheus storage/remote/write_handler.go `parseProtoMsg` */
function messageOf(headers: Readonly<Record<string, string | string[] | undefined>>): typeof V1 | typeof V2 | ReceiveAnswer {
  const refused = (message: string): ReceiveAnswer => ({ status: 415, body: `${message}\n` })
  const type = String(headers['content-type'] ?? MEDIA_TYPE).trim()
  const [media, ...parameters] = type.split(';')
  if (media !== MEDIA_TYPE) return refused(`expected ${MEDIA_TYPE} as the first (media) part, got ${type} content-type`)
  let proto: typeof V1 | typeof V2 = V1
  for (const parameter of parameters) {
    const pair = parameter.split('=')
    if (pair.length !== 2) return refused(`as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ${parameter} in ${type} content-type`)
    if (pair[0]!.trim() !== 'proto') continue
    const name = pair[1]!
    if (name !== V1 && name !== V2) return refused(`got ${type} content type; unknown remote write protobuf message ${name}, supported: ${V1}, ${V2}`)
    proto = name
    break
  }
  const encoding = String(headers['content-encoding'] ?? 'snappy')
  if (encoding !== 'snappy') return refused(`${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`)
  return proto
}
