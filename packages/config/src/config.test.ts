import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { maskSecrets } from './mask.ts'
import { readEnvFile } from './env-file.ts'

describe('[C3] no secret leaves in the shown configuration', () => {
  test('keys, headers and addresses', () => {
    const shown = maskSecrets(`
# api key: topsecret0
scrape_configs:
  - job_name: a
    basic_auth: { username: bob, password: topsecret1 }
    authorization: { type: Bearer, credentials: topsecret2 }
    proxy_url: http://bob:topsecret3@proxy:3128
    http_headers: { X-Key: { secrets: [topsecret4] } }
    static_configs: [{ targets: ['localhost:8000'] }]
remote_write:
  - url: https://x.example/write
    headers: { X-Token: topsecret5 }
`)
    expect(shown).not.toContain('topsecret')
    expect(shown).toContain('username: bob')
    expect(shown).toContain('http://bob:<secret>@proxy:3128')
    expect(shown).toContain('localhost:8000')
  })
  test('a text that is no YAML shows nothing', () => expect(maskSecrets('a: [1\n')).toBe(''))
})

describe('[C4] .env', () => {
  test('values are secrets; a missing file is no error', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'haechi-config-'))
    await writeFile(join(dir, '.env'), 'DISCORD_WEBHOOK="https://discord.com/api/webhooks/1/abc"\n# comment\nEMPTY=\n')
    const env = (await readEnvFile(join(dir, '.env')))!
    expect([...env.keys()]).toEqual(['DISCORD_WEBHOOK'])
    expect(String(env.get('DISCORD_WEBHOOK'))).toBe('<secret>')
    expect(env.get('DISCORD_WEBHOOK')!.reveal()).toBe('https://discord.com/api/webhooks/1/abc')
    expect(await readEnvFile(join(dir, 'none'))).toBeUndefined()
  })
})
