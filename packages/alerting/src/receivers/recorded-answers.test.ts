import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { REFERENCE_FOLDER, VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../../test/discord-recorder.ts'
import { sharedBodies } from '../../test/shared.ts'
import { grafanaContactPoint } from '../grafana/contact-point.ts'
import type { Notification, SendResult } from '../notification.ts'
import { createNotifier } from './create-notifier.ts'
import { DISCORD_LIMITS } from './discord/message.ts'
import { TELEGRAM_LIMIT } from './telegram/notifier.ts'

const FOLDER = `${REFERENCE_FOLDER}/fixtures/webhooks`
const there = existsSync(FOLDER)
const read = (name: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'))

interface Answer { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown; readonly text?: string }
interface DiscordEmbed { readonly title?: string; readonly description?: string; readonly fields?: readonly { readonly name: string; readonly value: string }[]; readonly footer?: { readonly text: string }; readonly author?: { readonly name: string } }
interface DiscordBody { readonly content?: string; readonly embeds?: readonly DiscordEmbed[] }

const NOTE: Notification = {
  receiver: 'r', status: 'firing', groupLabels: ['alertname', 'A'], externalUrl: 'http://h:9090', groupKey: '{}:{alertname="A"}', truncatedAlerts: 0, reason: 'first notification',
  alerts: [{ status: 'firing', labels: ['alertname', 'A'], annotations: [], startsAtMs: 0, endsAtMs: undefined, generatorUrl: '', fingerprint: 'f' }],
}
const POINTS: Readonly<Record<string, Record<string, unknown>>> = {
  discord: { url: 'https://discord.test/api/webhooks/1/SECRET' }, slack: { url: 'https://hooks.slack.test/services/SECRET' }, telegram: { bottoken: '1:SECRET', chatid: '-1' }, teams: { url: 'https://teams.test/SECRET' },
}

async function outcome(type: string, answer: Answer): Promise<SendResult> {
  const recorder = new Recorder()
  recorder.answers = [{ status: answer.status, headers: answer.headers ?? {}, body: answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body)) }]
  const point = grafanaContactPoint({ uid: 'u', name: 'n', type, settings: POINTS[type]!, disableResolveMessage: false }, { origin: 'ui', language: 'en' })
  return createNotifier(point, { post: recorder.post, clock: new VirtualClock(0), userAgent: 'Haechi/1', templates: [] }).send(NOTE, new AbortController().signal)
}

/** Whether Discord takes a message, by the limits that ours are cut to. */
function discordTakes({ content = '', embeds = [] }: DiscordBody): boolean {
  if (content === '' && embeds.length === 0) return false
  const sizes = embeds.flatMap(e => [e.title ?? '', e.description ?? '', e.footer?.text ?? '', e.author?.name ?? '', ...(e.fields ?? []).flatMap(f => [f.name, f.value])])
  return content.length <= DISCORD_LIMITS.content && embeds.length <= DISCORD_LIMITS.embeds && sizes.reduce((n, s) => n + s.length, 0) <= DISCORD_LIMITS.total &&
    embeds.every(e => (e.title ?? '').length <= DISCORD_LIMITS.title && (e.description ?? '').length <= DISCORD_LIMITS.description && (e.fields ?? []).length <= DISCORD_LIMITS.fields)
}

/** Files that no test can use, and why. */
const UNUSED: Readonly<Record<string, string>> = { 'slack-limit-text-40000.json': 'our messages have their text in attachments, not in the member that this is about' }

/** By which test a file of the folder is used. */
function user(name: string): string | undefined {
  if (name === 'alertmanager-webhooks.ndjson' || /^(grafana|alertmanager)-.*\.json$/.test(name)) return 'relay'
  if (/^(discord|slack|telegram|teams)-answers\.json$/.test(name)) return 'answers'
  if (/^discord-(limit|over|message|empty).*\.json$/.test(name)) return 'limits'
  if (/^(slack|teams|telegram)-message\.json$|^telegram-limit-.*\.json$/.test(name)) return 'messages'
  if (name === 'prometheus-posts-to-alertmanager.ndjson') return 'posts'
  return undefined
}

describe.skipIf(!there)('[A16] recorded and written-down answers and limits of receiving ends (the folder `shared` beside the repository)', () => {
  const files = there ? readdirSync(FOLDER).filter(n => !/\.(md|mjs)$/.test(n)) : []
  test('every file of the folder is used by a test', () => {
    expect(files.filter(n => user(n) === undefined && UNUSED[n] === undefined)).toEqual([])
    expect(files.filter(n => user(n) === 'relay').sort()).toEqual([...new Set(sharedBodies().map(([n]) => n.replace(/:\d+$/, '')))].sort())
  })
  test.each(files.filter(n => user(n) === 'answers'))('%s: each is judged as what it is', async name => {
    for (const [kind, answer] of Object.entries(read(name) as Record<string, Answer>)) {
      const got = await outcome(name.replace('-answers.json', ''), answer)
      const accepted = answer.status < 300
      expect([kind, got.ok], kind).toEqual([kind, accepted])
      if (got.ok) continue
      expect(got.retryable, kind).toBe(answer.status === 429 || answer.status >= 500)
      expect(got.error, kind).not.toContain('SECRET')
      const body = answer.body as { retry_after?: number; parameters?: { retry_after?: number } } | undefined
      const seconds = body?.retry_after ?? body?.parameters?.retry_after ?? (answer.headers?.['retry-after'] === undefined ? undefined : Number(answer.headers['retry-after']))
      if (answer.status === 429 && seconds !== undefined) expect(got.retryAfterMs, kind).toBeGreaterThanOrEqual(1000 * seconds)
    }
  })
  test.each(files.filter(n => user(n) === 'limits'))('%s: our limits are the ones of Discord', name => {
    expect(discordTakes(read(name) as DiscordBody)).toBe(!/^discord-(over|empty)/.test(name))
  })
  test.each(files.filter(n => user(n) === 'messages'))('%s: our messages have its members', async name => {
    const theirs = read(name) as Record<string, unknown>
    const type = name.replace(/-.*/, '')
    const recorder = new Recorder()
    const point = grafanaContactPoint({ uid: 'u', name: 'n', type, settings: POINTS[type]!, disableResolveMessage: false }, { origin: 'ui', language: 'en' })
    await createNotifier(point, { post: recorder.post, clock: new VirtualClock(0), userAgent: 'Haechi/1', templates: [] }).send(NOTE, new AbortController().signal)
    const ours = recorder.bodies()[0]!
    const needed: Readonly<Record<string, readonly string[]>> = { slack: ['attachments'], telegram: ['chat_id', 'text'], teams: ['type', 'attachments'] }
    for (const member of needed[type]!.filter(m => m in theirs)) expect(typeof ours[member], member).toBe(typeof theirs[member])
    if (name === 'telegram-limit-text-4096.json') expect((theirs['text'] as string).length).toBe(TELEGRAM_LIMIT)
  })
})
