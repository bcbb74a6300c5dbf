import type { Notifier } from '../notification.ts'
import type { HttpPost } from '../transport.ts'
import type { Clock, ContactPoint } from '../views.ts'
import { discordConfig } from './discord/config.ts'
import { createDiscordNotifier } from './discord/notifier.ts'
import { createSlackNotifier } from './slack/notifier.ts'
import type { TemplateFile } from '../message-templates.ts'
import { webhookConfig } from './webhook/config.ts'
import { createWebhookNotifier } from './webhook/notifier.ts'

/** Makes the sender for a contact point. @throws Error when its address can't be used; the text holds no secret */
export function createNotifier(c: ContactPoint, post: HttpPost, clock: Clock, userAgent: string, templates: readonly TemplateFile[] = []): Notifier {
  switch (c.type) {
    case 'discord': return createDiscordNotifier(discordConfig(c), post, clock, userAgent, templates)
    case 'webhook': return createWebhookNotifier(webhookConfig(c), post, clock, userAgent)
    case 'slack': return createSlackNotifier(c, post, clock, userAgent, templates)
  }
}
