import { createHash, createHmac } from 'node:crypto'

/** What is signed. */
export interface SignedRequest {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly region: string
  readonly service: string
  readonly accessKey: string
  readonly secretKey: string
  /** Unix ms. */
  readonly nowMs: number
}

/** The headers that sign a request to AWS, without those that were given. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function awsSignature(q: SignedRequest): Record<string, string> {
  const url = new URL(q.url)
  const date = new Date(q.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = date.slice(0, 8)
  const headers: Record<string, string> = { ...q.headers, host: url.host, 'x-amz-date': date }
  const names = Object.keys(headers).sort()
  const query = [...url.searchParams].map(([k, v]) => `${escaped(k)}=${escaped(v)}`).sort().join('&')
  const canonical = [q.method, url.pathname, query, ...names.map(n => `${n}:${headers[n]!.trim().replace(/ +/g, ' ')}`), '', names.join(';'), sha256(q.body)].join('\n')
  const scope = `${day}/${q.region}/${q.service}/aws4_request`
  const key = [q.region, q.service, 'aws4_request'].reduce((k, part) => hmac(k, part), hmac(`AWS4${q.secretKey}`, day))
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex')
  return { 'x-amz-date': date, authorization: `AWS4-HMAC-SHA256 Credential=${q.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}
