import { request } from 'undici'
import type { Dispatcher } from 'undici'
import { secretFromFile } from './http-config.ts'
import type { OAuth2Config } from './http-config.ts'

/** Tokens by OAuth 2 client credentials, fetched when needed and kept until shortly before they expire. */
export class OAuth2Tokens {
  readonly #config: OAuth2Config
  readonly #dispatcher: Dispatcher
  readonly #now: () => number
  #token = ''
  #expiresMs = 0
  #pending: Promise<string> | undefined

  constructor(config: OAuth2Config, dispatcher: Dispatcher, now: () => number) {
    this.#config = config
    this.#dispatcher = dispatcher
    this.#now = now
  }

  /** A token that is good now. @throws Error without secrets in its message */
  async token(): Promise<string> {
    if (this.#now() < this.#expiresMs) return this.#token
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #fetch(): Promise<string> {
    const { clientId, clientSecret, clientSecretFile, scopes, tokenUrl, endpointParams } = this.#config
    const secret = clientSecretFile === undefined ? (clientSecret?.reveal() ?? '') : secretFromFile(clientSecretFile)
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scopes.length > 0 && { scope: scopes.join(' ') }), ...endpointParams })
    const answer = await request(tokenUrl, {
      method: 'POST', dispatcher: this.#dispatcher, body: form.toString(), headersTimeout: 10_000, bodyTimeout: 10_000,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'authorization': `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64')}` },
    })
    if (answer.statusCode < 200 || answer.statusCode > 299) {
      await answer.body.dump()
      throw new Error(`oauth2: cannot fetch token: ${answer.statusCode}`)
    }
    const data = (await answer.body.json()) as { readonly access_token?: unknown; readonly expires_in?: unknown }
    if (typeof data.access_token !== 'string' || data.access_token === '') throw new Error('oauth2: server response missing access_token')
    const seconds = Number(data.expires_in ?? 0)
    this.#token = data.access_token
    // Go renews ten seconds early; a token without an end is kept.
    this.#expiresMs = seconds > 0 ? this.#now() + seconds * 1000 - 10_000 : Infinity
    return this.#token
  }
}
