import type { ContactPointType } from '../views.ts'

/** One setting of a kind of contact point, for a form. Keys are Grafana's where Grafana has them. */
export interface KindField {
  readonly key: string
  readonly label: { readonly en: string; readonly ko: string }
  readonly input: 'text' | 'secret' | 'url' | 'lines' | 'boolean' | 'choice'
  readonly required: boolean
  readonly choices?: readonly string[]
  readonly placeholder?: string
  readonly help?: { readonly en: string; readonly ko: string }
}

/** A kind of contact point that people can make. */
export interface ReceiverKind {
  readonly type: ContactPointType
  readonly label: { readonly en: string; readonly ko: string }
  readonly fields: readonly KindField[]
}

const both = (en: string, ko: string): { readonly en: string; readonly ko: string } => ({ en, ko })
const field = (key: string, label: KindField['label'], input: KindField['input'], required: boolean, more: Partial<KindField> = {}): KindField => ({ key, label, input, required, ...more })
const WEBHOOK_URL = (placeholder: string, help: KindField['label']): KindField => field('url', both('Webhook address', '웹훅 주소'), 'url', true, { placeholder, help })
const MESSAGE = field('message', both('Own message (template)', '직접 쓴 메시지 (템플릿)'), 'lines', false, { help: both('Left empty, Haechi writes it', '비워 두면 Haechi가 씁니다') })

/** In the order of a menu. */
export const CONTACT_POINT_KINDS: readonly ReceiverKind[] = [
  { type: 'discord', label: both('Discord', 'Discord'), fields: [WEBHOOK_URL('https://discord.com/api/webhooks/…', both('Channel settings → Integrations → Webhooks', '채널 설정 → 연동 → 웹후크'))] },
  { type: 'slack', label: both('Slack', 'Slack'), fields: [WEBHOOK_URL('https://hooks.slack.com/services/…', both('An incoming webhook of a Slack app', 'Slack 앱의 Incoming Webhook 주소'))] },
  {
    type: 'telegram', label: both('Telegram', '텔레그램'), fields: [
      field('bottoken', both('Bot token', '봇 토큰'), 'secret', true, { help: both('From @BotFather', '@BotFather에서 받습니다') }), field('chatid', both('Chat', '대화방 ID'), 'text', true, { placeholder: '-1001234567890' }), MESSAGE,
    ],
  },
  {
    type: 'email', label: both('E-mail', '이메일'), fields: [
      field('addresses', both('To', '받는 사람'), 'lines', true, { placeholder: 'team@example.com', help: both('Several: one per line', '여러 명이면 한 줄에 하나씩 적습니다') }),
      field('smtpHost', both('Mail server', '메일 서버'), 'text', false, { placeholder: 'smtp.example.com:587', help: both('Left empty: GF_SMTP_HOST of the .env file', '비워 두면 .env 파일의 GF_SMTP_HOST를 씁니다') }),
      field('smtpFrom', both('From', '보내는 사람'), 'text', false, { placeholder: 'haechi@example.com' }), field('smtpUser', both('User', '사용자'), 'text', false), field('password', both('Password', '비밀번호'), 'secret', false),
      field('startTls', both('Encryption (STARTTLS)', '암호화 (STARTTLS)'), 'choice', false, { choices: ['mandatory', 'opportunistic', 'none'] }),
    ],
  },
  { type: 'teams', label: both('Microsoft Teams', 'Microsoft Teams'), fields: [WEBHOOK_URL('https://….logic.azure.com/workflows/…', both('Workflow "Post to a channel when a webhook request is received"', '워크플로 "웹훅 요청을 받으면 채널에 게시"의 주소'))] },
  { type: 'googlechat', label: both('Google Chat', 'Google Chat'), fields: [WEBHOOK_URL('https://chat.googleapis.com/v1/spaces/…', both('Space settings → Apps & integrations → Webhooks', '스페이스 설정 → 앱 및 통합 → 웹훅'))] },
  {
    type: 'line', label: both('LINE', 'LINE'), fields: [
      field('token', both('Channel access token', '채널 액세스 토큰'), 'secret', true, { help: both('Of a channel of the Messaging API', 'Messaging API 채널의 토큰입니다') }),
      field('to', both('User or group', '사용자 또는 그룹 ID'), 'text', false, { help: both('Left empty: all friends of the account', '비워 두면 계정의 모든 친구에게 보냅니다') }),
    ],
  },
  { type: 'kakaowork', label: both('Kakao Work', '카카오워크'), fields: [WEBHOOK_URL('https://kakaowork.com/…', both('An incoming webhook; any that takes {"text": …} works', 'Incoming Webhook 주소. {"text": …}를 받는 곳이면 됩니다'))] },
  { type: 'pagerduty', label: both('PagerDuty', 'PagerDuty'), fields: [field('integrationKey', both('Integration key', '연동 키'), 'secret', true, { help: both('Of an "Events API v2" integration', '"Events API v2" 연동의 키입니다') }), field('severity', both('Severity', '심각도'), 'text', false, { placeholder: 'critical' })] },
  { type: 'opsgenie', label: both('Opsgenie', 'Opsgenie'), fields: [field('apiKey', both('API key', 'API 키'), 'secret', true), field('apiUrl', both('API address', 'API 주소'), 'url', false, { placeholder: 'https://api.opsgenie.com/' })] },
  {
    type: 'webhook', label: both('Webhook', '웹훅'), fields: [
      WEBHOOK_URL('https://example.com/alerts', both('Gets a POST with JSON', 'JSON을 POST로 받습니다')),
      field('body', both('Body', '본문 형식'), 'choice', false, { choices: ['alertmanager', 'grafana'] }), field('httpMethod', both('Method', '메서드'), 'choice', false, { choices: ['POST', 'PUT'] }),
      field('authorization_credentials', both('Token (Authorization: Bearer …)', '토큰 (Authorization: Bearer …)'), 'secret', false), field('maxAlerts', both('Most alerts in one message', '메시지 하나의 최대 알림 수'), 'text', false, { placeholder: '0' }),
    ],
  },
]
