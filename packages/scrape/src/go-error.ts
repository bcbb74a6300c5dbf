/** A scrape that failed. The message is what Prometheus shows as `lastError`. */
export class ScrapeError extends Error {
  /** Status of the answer, if there was one. */
  readonly status: number | undefined
  /** Beginning of an answer that was no metrics page. */
  readonly body: string | undefined
  /** Content-Type of the answer, if there was one. */
  readonly contentType: string | undefined

  constructor(message: string, answer?: { readonly status?: number; readonly body?: string; readonly contentType?: string }) {
    super(message)
    this.name = 'ScrapeError'
    this.status = answer?.status
    this.body = answer?.body
    this.contentType = answer?.contentType
  }
}

interface SystemError {
  readonly name?: string
  /** What an HTTP parser could not read. */
  readonly data?: unknown
  readonly code?: string
  readonly syscall?: string
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
  readonly message: string
  readonly reason?: string
  readonly errors?: readonly SystemError[]
  readonly cause?: SystemError
}

/** What POSIX calls an error, as Go prints it. */
const ERRNO: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', ECONNRESET: 'connection reset by peer', EPIPE: 'broken pipe', ETIMEDOUT: 'connection timed out', EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable', EACCES: 'permission denied', EADDRNOTAVAIL: 'cannot assign requested address', EINVAL: 'invalid argument', EMFILE: 'too many open files',
  ENFILE: 'too many open files in system', ECONNABORTED: 'software caused connection abort', EPERM: 'operation not permitted',
}

/** Certificate errors of OpenSSL as Go prints them. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'x509: certificate signed by unknown authority', SELF_SIGNED_CERT_IN_CHAIN: 'x509: certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'x509: certificate signed by unknown authority', UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'x509: certificate signed by unknown authority', CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'x509: certificate has expired or is not yet valid',
}

/** Puts an error of the HTTP client into the words of Go's, with the URL in front: `Get "http://…": dial tcp 127.0.0.1:80: connect: connection refused`. */
export function requestErrorText(url: string, err: unknown): string {
  return `Get ${JSON.stringify(url)}: ${causeText(url, err as SystemError)}`
}

/** The same without the URL: errors while the body is read. */
export function readErrorText(url: string, err: unknown): string {
  const text = causeText(url, err as SystemError)
  return text === 'EOF' ? 'unexpected EOF' : text
}

function causeText(url: string, thrown: SystemError): string {
  // A name with several addresses: the first one tried is the one that Go names.
  const err = thrown.errors?.[0] ?? thrown
  const target = err.address === undefined ? new URL(url).host : `${err.address.includes(':') ? `[${err.address}]` : err.address}:${err.port ?? ''}`
  const code = err.code ?? ''
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${err.hostname ?? new URL(url).hostname}: no such host`
  if (code === 'EAI_AGAIN') return `dial tcp: lookup ${err.hostname ?? new URL(url).hostname}: Temporary failure in name resolution`
  if (CERTIFICATE[code] !== undefined) return `tls: failed to verify certificate: ${CERTIFICATE[code]}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: x509: certificate is not valid for ${new URL(url).hostname}${err.reason === undefined ? '' : ` (${err.reason})`}`
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') return 'http: server gave HTTP response to HTTPS client'
  if (code === 'UND_ERR_SOCKET') return err.cause?.code !== undefined ? causeText(url, err.cause) : 'EOF'
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return `dial tcp ${target}: i/o timeout`
  if (err.name === 'HTTPParserError') {
    const line = String(err.data ?? '').split(/\r?\n/)[0]!.slice(0, 200)
    return `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${JSON.stringify(line)}`
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'unexpected EOF'
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'net/http: server response headers exceeded the limit'
  const words = ERRNO[code]
  if (words === undefined) return err.message === '' ? code || 'unknown error' : err.message
  if (err.syscall === 'connect') return `dial tcp ${target}: connect: ${words}`
  return `${err.syscall ?? 'read'} tcp ${target}: ${err.syscall ?? 'read'}: ${words}`
}
