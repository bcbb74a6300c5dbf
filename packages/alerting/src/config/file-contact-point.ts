import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import type { ContactPoint } from '../views.ts'
import type { HttpConfig, SecretSource, TlsConfig } from './http-config.ts'

/** A contact point as `alertmanager.yml` writes it: its secrets are not yet looked up. */
export interface FileContactPoint {
  readonly settings: Omit<ContactPoint, 'url' | 'uid' | 'name' | 'origin' | 'headers'>
  readonly url: SecretSource
  /** Undefined: that of `global`. */
  readonly http: HttpConfig | undefined
  /** For mail servers, in the place of that of `http`. */
  readonly tls?: TlsConfig
  /** Further secrets by name. */
  readonly secrets?: Readonly<Record<string, SecretSource>>
  /** Puts the secrets where they belong once they are looked up. */
  readonly finish?: (point: ContactPoint, secrets: Readonly<Record<string, string>>) => ContactPoint
}

/** A secret address that must be one. @throws ConfigError whose text never holds it */
export function secretUrl(f: Fields, key: string, source: SecretSource): SecretSource {
  if (!(source instanceof Secret)) return source
  const url = URL.canParse(source.reveal()) ? new URL(source.reveal()) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw f.error(key, 'unsupported scheme or not an address', 'write http://… or https://…')
  return source
}
