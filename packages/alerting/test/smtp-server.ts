import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** One mail that was taken. */
export interface TakenMail {
  readonly from: string
  readonly to: readonly string[]
  /** Headers and body, as sent. */
  readonly data: string
  readonly encrypted: boolean
  /** `user:password` */
  readonly login: string | undefined
}

export interface SmtpOptions {
  /** With it STARTTLS is offered. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Offered and needed. */
  readonly login?: string
  /** Answers in the place of the usual ones, by command. */
  readonly answers?: Readonly<Record<string, string>>
  /** Ends the connection in the middle of a mail. */
  readonly hangUp?: boolean
}

/** A mail server on loopback that keeps what it takes. */
export class SmtpServer {
  readonly mails: TakenMail[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(options: SmtpOptions = {}) {
    this.#server = createServer(socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
      this.#serve(socket, options, false)
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>(done => { this.#server.listen(0, '127.0.0.1', done) })
    return (this.#server.address() as { port: number }).port
  }

  async close(): Promise<void> {
    for (const s of this.#sockets) s.destroy()
    await new Promise(done => { this.#server.close(done) })
  }

  #serve(socket: Socket, o: SmtpOptions, encrypted: boolean): void {
    let from = ''
    let to: string[] = []
    let data: string[] | undefined
    let login: string | undefined
    let rest = ''
    const say = (text: string): void => { socket.write(`${text}\r\n`) }
    if (!encrypted) say('220 test ESMTP')
    const line = (text: string): void => {
      if (data !== undefined) {
        if (o.hangUp === true) {
          socket.destroy()
          return
        }
        if (text !== '.') {
          data.push(text.startsWith('..') ? text.slice(1) : text)
          return
        }
        this.mails.push({ from, to, data: data.join('\r\n'), encrypted, login })
        data = undefined
        say(o.answers?.['.'] ?? '250 2.0.0 Ok: queued as 42')
        return
      }
      const command = text.slice(0, 4).toUpperCase()
      const own = o.answers?.[command]
      if (own !== undefined) say(own)
      else if (command === 'EHLO') say(['250-test', ...(o.tls !== undefined && !encrypted ? ['250-STARTTLS'] : []), ...(o.login === undefined ? [] : ['250-AUTH PLAIN']), '250 8BITMIME'].join('\r\n'))
      else if (command === 'STAR' && o.tls === undefined) say('502 5.5.1 not implemented')
      else if (command === 'STAR') {
        say('220 go ahead')
        socket.removeListener('data', read)
        this.#serve(new TLSSocket(socket, { isServer: true, key: o.tls!.key, cert: o.tls!.cert }).on('error', () => undefined), o, true)
      } else if (command === 'AUTH') {
        login = Buffer.from(text.split(' ')[2] ?? '', 'base64').toString().split('\0').slice(1).join(':')
        say(login === o.login ? '235 ok' : '535 5.7.8 Error: authentication failed')
      } else if (command === 'MAIL') {
        from = /<(.*?)>/.exec(text)?.[1] ?? ''
        to = []
        say('250 ok')
      } else if (command === 'RCPT') {
        to.push(/<(.*?)>/.exec(text)?.[1] ?? '')
        say('250 ok')
      } else if (command === 'DATA') {
        data = []
        say('354 go on')
      } else if (command === 'QUIT') {
        say('221 bye')
        socket.end()
      } else say('250 ok')
    }
    const read = (chunk: Buffer): void => {
      rest += chunk.toString('utf8')
      for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
        const text = rest.slice(0, at)
        rest = rest.slice(at + 2)
        line(text)
      }
    }
    socket.on('data', read)
  }
}
