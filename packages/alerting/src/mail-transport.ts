import type { EmailSettings } from './receivers/settings.ts'

/** One mail. */
export interface MailRequest {
  readonly host: string
  readonly port: number
  readonly settings: EmailSettings
  readonly from: string
  readonly to: readonly string[]
  /** What the mail says in the place of sender and readers. */
  readonly shown?: { readonly from?: string; readonly to?: string }
  readonly subject: string
  readonly html: string
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
  /** A picture that the HTML calls as `cid:<name>`. */
  readonly image?: { readonly name: string; readonly png: Uint8Array }
  readonly timeoutMs: number
}

/** What the mail server said: its last line. */
export interface MailAnswer {
  readonly code: number
  readonly text: string
}

/** Hands a mail to a server. Rejects with {@link MailError}. */
export type MailPost = (m: MailRequest) => Promise<MailAnswer>

/** A mail that was not taken. The message holds no secret. */
export class MailError extends Error {
  /** Of the server's refusal. */
  readonly code: number | undefined
  readonly retryable: boolean
  /** The connection was lost after the mail had been handed over, before the server said what it made of it. */
  readonly mayHaveArrived: boolean

  constructor(message: string, code: number | undefined, retryable: boolean, mayHaveArrived = false) {
    super(message)
    this.name = 'MailError'
    this.code = code
    this.retryable = retryable
    this.mayHaveArrived = mayHaveArrived
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', ECONNECTION: 'connection closed by the mail server', ESOCKET: 'no connection to the mail server', ETIMEDOUT: 'the mail server did not answer in time',
  EDNS: 'no such host', ENOTFOUND: 'no such host', ETLS: 'the mail server offers no STARTTLS, and require_tls is on', EAUTH: 'the mail server refused name and password',
}

/** Sends over SMTP, one connection per mail: alerts are rare, and a kept connection may be dead when it is needed. */
export function createMailPost(): MailPost {
  return async m => {
    const { settings: s } = m
    const tls = s.tls
    const auth = s.username === undefined || s.username === '' ? {} : {
      auth: { user: s.username, pass: s.cramSecret ?? s.password ?? '' }, ...(s.cramSecret === undefined ? {} : { authMethod: 'CRAM-MD5' }),
    }
    // Most servers send no mail, or not soon: the library is loaded with the first one.
    const { createTransport } = await import('nodemailer')
    const transport = createTransport({
      host: m.host, port: m.port, secure: s.implicitTls, name: s.hello, ...(s.requireTls ? { requireTLS: true } : s.opportunisticTls === true ? {} : { ignoreTLS: true }), ...auth,
      connectionTimeout: m.timeoutMs, greetingTimeout: m.timeoutMs, socketTimeout: m.timeoutMs, logger: false, disableFileAccess: true, disableUrlAccess: true,
      tls: {
        rejectUnauthorized: tls?.insecure !== true, ...(tls?.ca === undefined ? {} : { ca: tls.ca }), ...(tls?.cert === undefined ? {} : { cert: tls.cert }), ...(tls?.key === undefined ? {} : { key: tls.key }),
        ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
      },
    })
    try {
      const info = await transport.sendMail({
        from: m.shown?.from ?? m.from, to: m.shown?.to ?? [...m.to], ...(m.shown?.from === undefined && m.shown?.to === undefined ? {} : { envelope: { from: m.from, to: [...m.to] } }),
        subject: m.subject, ...(m.html === '' ? {} : { html: m.html }), ...(m.text === '' ? {} : { text: m.text }), headers: { ...m.headers },
        ...(m.image === undefined ? {} : { attachments: [{ filename: `${m.image.name}.png`, cid: m.image.name, content: Buffer.from(m.image.png), contentType: 'image/png' }] }),
      })
      return answerOf(info.response)
    } catch (err) {
      throw mailError(err)
    } finally {
      transport.close()
    }
  }
}

function answerOf(response: string): MailAnswer {
  return { code: Number(/^\d{3}/.exec(response)?.[0] ?? 250), text: response.slice(0, 500) }
}

function mailError(err: unknown): MailError {
  const { code, responseCode, response, command } = err as { code?: unknown; responseCode?: unknown; response?: unknown; command?: unknown }
  const number = typeof responseCode === 'number' ? responseCode : undefined
  const said = typeof response === 'string' ? response.replace(/\s+/g, ' ').slice(0, 200) : ''
  const word = typeof code === 'string' ? WORDS[code] : undefined
  // A refusal of the server with 5xx is for good; 4xx and what never came to an answer is not.
  const retryable = code !== 'ETLS' && (number === undefined ? code !== 'EENVELOPE' : number < 500)
  const tls = err instanceof Error && /certificate|SSL|TLS/.test(err.message) && word !== undefined && code !== 'ETLS' ? ` (${err.message.split('\n')[0]!.slice(0, 150)})` : ''
  return new MailError(said !== '' ? `${code === 'EAUTH' || code === 'ETLS' ? `${WORDS[code]!}: ` : ''}${said}` : `${word ?? 'the mail could not be sent'}${tls}`, number, retryable, number === undefined && command === 'DATA')
}
