import type { TemplateFile } from '../message-templates.ts'
import type { Notification } from '../notification.ts'
import type { HttpPost } from '../transport.ts'
import type { MailPost } from '../mail-transport.ts'
import type { Clock } from '../views.ts'

/** A picture of the values of a message's worst alert. */
export interface ChartImage {
  /** PNG. */
  readonly png: Uint8Array
  /** For who can't see it. */
  readonly alt: string
}

/** Draws the picture; undefined where there is nothing to draw or drawing failed. Never rejects and answers within a few seconds. */
export type DrawChart = (n: Notification, language: 'en' | 'ko') => Promise<ChartImage | undefined>

/** What notifiers need from outside. */
export interface NotifierContext {
  readonly post: HttpPost
  readonly clock: Clock
  readonly userAgent: string
  readonly templates: readonly TemplateFile[]
  /** Without it e-mail is refused. */
  readonly mail?: MailPost
  readonly chart?: DrawChart
}
