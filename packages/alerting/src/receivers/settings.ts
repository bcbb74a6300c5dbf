/** What each kind of contact point has besides its address. Texts are templates where `ContactPoint.texts` names them; what is marked secret is never printed. */

/** @see https://core.telegram.org/bots/api#sendmessage; the token stands in the address */
export interface TelegramSettings {
  readonly chatId: string
  readonly threadId?: number
  /** '' = plain. */
  readonly parseMode: '' | 'HTML' | 'Markdown' | 'MarkdownV2'
  readonly silent: boolean
  readonly noPreview?: boolean
  readonly protectContent?: boolean
}

/** A mail server and whom to write to. The address of the contact point is `smtp://host:port`. */
export interface EmailSettings {
  readonly from: string
  readonly to: readonly string[]
  /** Name in EHLO. */
  readonly hello: string
  readonly username?: string
  /** Secret. */
  readonly password?: string
  /** Secret of CRAM-MD5. */
  readonly cramSecret?: string
  /** STARTTLS or no mail. */
  readonly requireTls: boolean
  /** STARTTLS where the server offers it. */
  readonly opportunisticTls?: boolean
  /** TLS from the first byte. */
  readonly implicitTls: boolean
  readonly tls?: TlsSettings
  /** Mails about one group stand together in mail programs: all, or those of a day. */
  readonly threading?: 'none' | 'daily'
  /** Further headers; values are templates. */
  readonly headers?: Readonly<Record<string, string>>
  /** One mail for all, or one for each reader. */
  readonly single?: boolean
}

/** How the other side's certificate is checked and which one is shown to it. PEM texts. */
export interface TlsSettings {
  readonly insecure: boolean
  readonly ca?: string
  readonly cert?: string
  /** Secret. */
  readonly key?: string
  readonly serverName?: string
}

export interface TeamsSettings {
  /** Adaptive card of a workflow (v2), or the card of the old connector. */
  readonly card: 'adaptive' | 'connector'
}

export interface PagerDutySettings {
  /** Secret: of events v2, or of a generic service (v1). */
  readonly key: string
  readonly version: 1 | 2
  /** Templates by name. */
  readonly details: Readonly<Record<string, string>>
  /** In the place of `details`: JSON whose texts are templates; what they print becomes the value that it reads as. */
  readonly values?: Readonly<Record<string, unknown>>
  readonly images?: readonly { readonly href: string; readonly src: string; readonly alt: string }[]
  readonly links?: readonly { readonly href: string; readonly text: string }[]
}

export interface OpsgenieSettings {
  /** Secret. */
  readonly key: string
  readonly details: Readonly<Record<string, string>>
  readonly responders: readonly { readonly type: string; readonly id?: string; readonly name?: string; readonly username?: string }[]
  readonly updateAlerts: boolean
}

export interface LineSettings {
  /** Secret: a channel access token of the Messaging API. */
  readonly token: string
  /** A user, group or room; '' = everybody who is a friend of the account. */
  readonly to: string
}

export interface PushoverSettings {
  readonly html: boolean
  readonly monospace: boolean
  readonly retrySeconds: number
  readonly expireSeconds: number
  /** 0: none. */
  readonly ttlSeconds: number
}

export interface SnsSettings {
  readonly region: string
  /** How many attributes: texts `attribute <i> name` and `attribute <i> value`. */
  readonly attributes: number
}

export interface WechatSettings {
  readonly messageType: 'text' | 'markdown'
}

export interface RocketchatSettings {
  /** Of each field: texts `field <i> title` and `field <i> value`. */
  readonly shortFields: readonly boolean[]
  /** How many buttons: texts `action <i> text`, `… url`, `… msg`. */
  readonly actions: number
}

/** Texts of attachment i: `<i> <key>`; of its fields: `<i> field <k> title` and `… value`. */
export interface MattermostAttachment {
  readonly fields: readonly { readonly short?: boolean }[]
}

export interface MattermostSettings {
  readonly attachments: readonly MattermostAttachment[]
  /** The text stands above the attachments and not in the only one. */
  readonly textAbove: boolean
  readonly requestedAck: boolean
  readonly persistent: boolean
}

export interface JiraSettings {
  readonly apiType: 'auto' | 'cloud' | 'datacenter'
  /** How many labels: texts `label <i>`. */
  readonly labels: number
  /** JSON whose texts are templates. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly updateSummary: boolean
  readonly updateDescription: boolean
  readonly reopenTransition: string
  readonly resolveTransition: string
  readonly wontFixResolution: string
  readonly reopenMinutes: number
}

/** HMAC-SHA256 over the body, as Grafana signs. */
export interface HmacSettings {
  /** Secret. */
  readonly secret: string
  readonly header: string
  /** Header for Unix seconds; '' = none, and the time is not signed. */
  readonly timestampHeader: string
}

/** A body of one's own: a template (Grafana), or JSON whose texts are templates (Alertmanager). */
export interface PayloadSettings {
  readonly template?: string
  readonly vars?: Readonly<Record<string, string>>
  readonly json?: unknown
}

/** How Grafana writes this contact point: shown, exported and edited again. Secrets are in it. */
export interface GrafanaForm {
  readonly type: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly disableResolveMessage: boolean
  readonly provenance?: 'api' | 'file'
}
