import type { SmtpServer } from '@haechi/alerting'
import type { EnvFile } from '@haechi/config'

/** The mail server of contact points that name none: Grafana's variables, from the `.env` file, else from the environment. Undefined without GF_SMTP_HOST. */
export function smtpServer(secrets: EnvFile, env: Readonly<Record<string, string | undefined>>): SmtpServer | undefined {
  const get = (name: string): string => secrets.get(name)?.reveal() ?? env[name] ?? ''
  const host = get('GF_SMTP_HOST')
  if (host === '') return undefined
  const username = get('GF_SMTP_USER')
  const password = get('GF_SMTP_PASSWORD')
  const hello = get('GF_SMTP_EHLO_IDENTITY')
  const name = get('GF_SMTP_FROM_NAME')
  const from = get('GF_SMTP_FROM_ADDRESS') || (username.includes('@') ? username : 'haechi@localhost')
  const policy = get('GF_SMTP_STARTTLS_POLICY').toLowerCase()
  return {
    host, from: name === '' ? from : `${name} <${from}>`, skipVerify: get('GF_SMTP_SKIP_VERIFY') === 'true', startTls: policy.startsWith('mandatory') ? 'mandatory' : policy.startsWith('no') ? 'none' : 'opportunistic',
    ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }), ...(hello === '' ? {} : { hello }),
  }
}
