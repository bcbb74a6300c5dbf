import type { ContactPointType } from '../views.ts'

/** One setting of a kind of contact point, for a form. Keys are Grafana's where Grafana has them; a dot leads into an object. */
export interface KindField {
  readonly key: string
  readonly label: { readonly en: string; readonly ko: string }
  /** `map`: one `name: value` a line; `json`: an object or a list as JSON; `rows`: a list of objects with `columns`. */
  readonly input: 'text' | 'secret' | 'url' | 'lines' | 'boolean' | 'choice' | 'map' | 'json' | 'rows'
  readonly required: boolean
  readonly choices?: readonly string[]
  readonly placeholder?: string
  readonly help?: { readonly en: string; readonly ko: string }
  /** Few need it: shown on demand. */
  readonly extra?: boolean
  /** Of `rows`: what each of them has; texts, choices and switches. */
  readonly columns?: readonly KindField[]
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

const OWN_TEXT = both('A template; left empty, Haechi writes it', '템플릿입니다. 비워 두면 Haechi가 씁니다')
const text = (key: string, en: string, ko: string, more: Partial<KindField> = {}): KindField => field(key, both(en, ko), 'text', false, { extra: true, ...more })
const template = (key: string, en: string, ko: string): KindField => field(key, both(en, ko), 'lines', false, { extra: true, help: OWN_TEXT })
const secret = (key: string, en: string, ko: string, required: boolean, more: Partial<KindField> = {}): KindField => field(key, both(en, ko), 'secret', required, more)
const flag = (key: string, en: string, ko: string): KindField => field(key, both(en, ko), 'boolean', false, { extra: true })
const choice = (key: string, en: string, ko: string, choices: readonly string[]): KindField => field(key, both(en, ko), 'choice', false, { extra: true, choices })
const address = (key: string, en: string, ko: string, placeholder?: string): KindField => field(key, both(en, ko), 'url', false, { extra: true, ...(placeholder === undefined ? {} : { placeholder }) })
const map = (key: string, en: string, ko: string): KindField => field(key, both(en, ko), 'map', false, { extra: true, help: both('One name: value a line; values are templates', '한 줄에 이름: 값 하나. 값은 템플릿입니다') })
const rows = (key: string, en: string, ko: string, columns: readonly KindField[]): KindField => field(key, both(en, ko), 'rows', false, { extra: true, columns })
const json = (key: string, en: string, ko: string, help: KindField['label']): KindField => field(key, both(en, ko), 'json', false, { extra: true, help })
/** A field of a message with a title and a value. */
const MESSAGE_FIELDS = rows('fields', 'Fields of the message', '메시지 필드', [text('title', 'Title', '제목', { required: true }), text('value', 'Value', '값', { required: true }), flag('short', 'Beside others', '나란히')])
const TITLE = template('title', 'Own title', '직접 쓴 제목')
const BODY = template('message', 'Own message', '직접 쓴 메시지')

/** In the order of a menu. */
export const CONTACT_POINT_KINDS: readonly ReceiverKind[] = [
  {
    type: 'discord', label: both('Discord', 'Discord'), fields: [
      WEBHOOK_URL('https://discord.com/api/webhooks/…', both('Channel settings → Integrations → Webhooks', '채널 설정 → 연동 → 웹후크')), text('username', 'Name of the sender', '보내는 이름'), field('avatar_url', both('Picture of the sender (address)', '보내는 이의 그림 주소'), 'url', false, { extra: true }), TITLE, BODY,
      flag('use_embed_description', 'Own message inside the frame', '직접 쓴 메시지를 틀 안에 넣기'), choice('edit', 'Change the message when the alert ends', '해결되면 보낸 메시지를 고쳐 쓰기', ['true', 'false']),
    ],
  },
  {
    type: 'slack', label: both('Slack', 'Slack'), fields: [
      field('url', both('Webhook address', '웹훅 주소'), 'url', false, { placeholder: 'https://hooks.slack.com/services/…', help: both('An incoming webhook of a Slack app, or a bot token below', 'Slack 앱의 Incoming Webhook 주소. 아래의 봇 토큰을 써도 됩니다') }),
      secret('token', 'Bot token', '봇 토큰', false, { extra: true, placeholder: 'xoxb-…' }), text('recipient', 'Channel', '채널', { placeholder: '#alerts', help: both('Needed with a bot token', '봇 토큰을 쓸 때 필요합니다') }), text('username', 'Name of the sender', '보내는 이름'), text('icon_emoji', 'Emoji', '이모지', { placeholder: ':fire:' }),
      text('icon_url', 'Picture of the sender (address)', '보내는 이의 그림 주소'), text('mentionUsers', 'Mention users (ids)', '언급할 사용자 ID', { help: both('With commas', '쉼표로 나눕니다') }), text('mentionGroups', 'Mention groups (ids)', '언급할 그룹 ID', { help: both('With commas', '쉼표로 나눕니다') }), choice('mentionChannel', 'Mention the channel', '채널 언급', ['here', 'channel']),
      template('title', 'Own title', '직접 쓴 제목'), template('text', 'Own text', '직접 쓴 내용'), text('color', 'Colour', '색', { placeholder: '#d63232' }), text('footer', 'Footer', '바닥글'), address('endpointUrl', 'API address', 'API 주소', 'https://slack.com/api/chat.postMessage'),
    ],
  },
  {
    type: 'telegram', label: both('Telegram', '텔레그램'), fields: [
      secret('bottoken', 'Bot token', '봇 토큰', true, { help: both('From @BotFather', '@BotFather에서 받습니다') }), field('chatid', both('Chat', '대화방 ID'), 'text', true, { placeholder: '-1001234567890' }), BODY, text('message_thread_id', 'Thread', '주제 ID'), choice('parse_mode', 'Markup', '서식', ['HTML', 'Markdown', 'MarkdownV2', 'None']),
      flag('disable_notifications', 'Without sound', '소리 없이'), flag('disable_web_page_preview', 'Without previews of links', '링크 미리보기 없이'), flag('protect_content', 'May not be forwarded', '전달 금지'), field('api_url', both('API address', 'API 주소'), 'url', false, { extra: true, placeholder: 'https://api.telegram.org' }),
    ],
  },
  {
    type: 'email', label: both('E-mail', '이메일'), fields: [
      field('addresses', both('To', '받는 사람'), 'lines', true, { placeholder: 'team@example.com', help: both('Several: one per line', '여러 명이면 한 줄에 하나씩 적습니다') }),
      field('smtpHost', both('Mail server', '메일 서버'), 'text', false, { placeholder: 'smtp.example.com:587', help: both('Left empty: GF_SMTP_HOST of the .env file', '비워 두면 .env 파일의 GF_SMTP_HOST를 씁니다') }),
      field('smtpFrom', both('From', '보내는 사람'), 'text', false, { placeholder: 'haechi@example.com' }), field('smtpUser', both('User', '사용자'), 'text', false), secret('password', 'Password', '비밀번호', false),
      field('startTls', both('Encryption (STARTTLS)', '암호화 (STARTTLS)'), 'choice', false, { choices: ['mandatory', 'opportunistic', 'none'] }), flag('skipVerify', 'Do not check the certificate', '인증서를 확인하지 않음'), flag('singleEmail', 'One mail to all', '모두에게 한 통으로'),
      template('subject', 'Own subject', '직접 쓴 제목'), BODY,
    ],
  },
  { type: 'teams', label: both('Microsoft Teams', 'Microsoft Teams'), fields: [WEBHOOK_URL('https://….logic.azure.com/workflows/…', both('Workflow "Post to a channel when a webhook request is received"', '워크플로 "웹훅 요청을 받으면 채널에 게시"의 주소')), TITLE, BODY] },
  { type: 'googlechat', label: both('Google Chat', 'Google Chat'), fields: [WEBHOOK_URL('https://chat.googleapis.com/v1/spaces/…', both('Space settings → Apps & integrations → Webhooks', '스페이스 설정 → 앱 및 통합 → 웹훅')), TITLE, BODY] },
  {
    type: 'line', label: both('LINE', 'LINE'), fields: [
      secret('token', 'Channel access token', '채널 액세스 토큰', true, { help: both('Of a channel of the Messaging API', 'Messaging API 채널의 토큰입니다') }),
      field('to', both('User or group', '사용자 또는 그룹 ID'), 'text', false, { help: both('Left empty: all friends of the account', '비워 두면 계정의 모든 친구에게 보냅니다') }), TITLE, template('description', 'Own text', '직접 쓴 내용'), address('api_url', 'API address', 'API 주소'),
    ],
  },
  { type: 'kakaowork', label: both('Kakao Work', '카카오워크'), fields: [WEBHOOK_URL('https://kakaowork.com/…', both('An incoming webhook; any that takes {"text": …} works', 'Incoming Webhook 주소. {"text": …}를 받는 곳이면 됩니다')), BODY] },
  {
    type: 'pagerduty', label: both('PagerDuty', 'PagerDuty'), fields: [
      secret('integrationKey', 'Integration key', '연동 키', true, { help: both('Of an "Events API v2" integration', '"Events API v2" 연동의 키입니다') }), field('severity', both('Severity', '심각도'), 'text', false, { placeholder: 'critical' }), template('summary', 'Own summary', '직접 쓴 요약'), text('class', 'Class', '종류'), text('component', 'Component', '구성 요소'),
      text('group', 'Group', '그룹'), text('source', 'Source', '출처'), text('client', 'Client', '클라이언트'), text('client_url', 'Address of the client', '클라이언트 주소'), map('details', 'Details', '세부 정보'),
      rows('images', 'Pictures', '그림', [text('src', 'Address', '주소', { required: true }), text('href', 'Leads to', '누르면 갈 주소'), text('alt', 'Description', '설명')]), rows('links', 'Links', '링크', [text('href', 'Address', '주소', { required: true }), text('text', 'Text', '글자')]), address('url', 'API address', 'API 주소'),
    ],
  },
  {
    type: 'opsgenie', label: both('Opsgenie', 'Opsgenie'), fields: [
      secret('apiKey', 'API key', 'API 키', true), field('apiUrl', both('API address', 'API 주소'), 'url', false, { placeholder: 'https://api.opsgenie.com/' }), BODY, template('description', 'Own description', '직접 쓴 설명'), choice('overridePriority', 'Priority from the label og_priority', '라벨 og_priority로 우선순위 정하기', ['true', 'false']), choice('autoClose', 'Close it when the alert ends', '해결되면 닫기', ['true', 'false']),
      rows('responders', 'Responders', '담당', [choice('type', 'Kind', '종류', ['team', 'user', 'escalation', 'schedule']), text('name', 'Name', '이름'), text('username', 'User name', '사용자 이름'), text('id', 'ID', 'ID')]),
    ],
  },
  {
    type: 'webhook', label: both('Webhook', '웹훅'), fields: [
      WEBHOOK_URL('https://example.com/alerts', both('Gets a POST with JSON', 'JSON을 POST로 받습니다')),
      field('body', both('Body', '본문 형식'), 'choice', false, { choices: ['alertmanager', 'grafana'] }), field('httpMethod', both('Method', '메서드'), 'choice', false, { choices: ['POST', 'PUT'] }),
      secret('authorization_credentials', 'Token (Authorization: Bearer …)', '토큰 (Authorization: Bearer …)', false), field('maxAlerts', both('Most alerts in one message', '메시지 하나의 최대 알림 수'), 'text', false, { placeholder: '0' }),
      text('authorization_scheme', 'Scheme in the place of Bearer', 'Bearer 대신 쓸 방식'), text('username', 'User', '사용자', { help: both('Basic authentication in the place of a token', '토큰 대신 기본 인증') }), secret('password', 'Password', '비밀번호', false, { extra: true }),
      field('headers', both('Headers', '헤더'), 'map', false, { extra: true, help: both('One name: value a line', '한 줄에 이름: 값 하나') }), secret('hmacConfig.secret', 'Key of the signature (HMAC)', '서명 키 (HMAC)', false, { extra: true, help: both('Signs each body with HMAC-SHA256', '본문을 HMAC-SHA256으로 서명합니다') }),
      text('hmacConfig.header', 'Header of the signature', '서명 헤더', { placeholder: 'X-Grafana-Alerting-Signature' }), text('hmacConfig.timestampHeader', 'Header of the time that is signed', '서명하는 시각의 헤더'), TITLE, BODY, template('payload.template', 'Own body', '직접 쓴 본문'), map('payload.vars', 'Values for the own body (.Vars)', '직접 쓴 본문에서 쓸 값 (.Vars)'),
      flag('tlsConfig.insecureSkipVerify', 'Do not check the certificate', '인증서를 확인하지 않음'), field('tlsConfig.caCertificate', both('Certificate authority (PEM)', '인증 기관 (PEM)'), 'secret', false, { extra: true }), secret('tlsConfig.clientCertificate', 'Client certificate (PEM)', '클라이언트 인증서 (PEM)', false, { extra: true }), secret('tlsConfig.clientKey', 'Client key (PEM)', '클라이언트 키 (PEM)', false, { extra: true }),
    ],
  },
  {
    type: 'pushover', label: both('Pushover', 'Pushover'), fields: [
      secret('apiToken', 'Token of the application', '애플리케이션 토큰', true), secret('userKey', 'User or group key', '사용자 또는 그룹 키', true), text('priority', 'Priority while firing', '울릴 때 우선순위', { placeholder: '2', help: both('-2 to 2; 2 repeats until it is confirmed', '-2에서 2까지. 2는 확인할 때까지 반복합니다') }), text('okPriority', 'Priority of the end', '해결됐을 때 우선순위', { placeholder: '0' }),
      text('retry', 'Repeat after (seconds)', '반복 간격 (초)', { placeholder: '60' }), text('expire', 'Stop repeating after (seconds)', '반복을 멈출 때까지 (초)', { placeholder: '3600' }), text('device', 'Device', '기기'), text('sound', 'Sound', '소리'), TITLE, BODY,
      text('url', 'Link', '링크 주소'), text('url_title', 'Text of the link', '링크 글자'), text('ttl', 'Disappears after (seconds)', '사라질 때까지 (초)'), flag('html', 'Message is HTML', '메시지를 HTML로'), flag('monospace', 'Message in a fixed width', '메시지를 고정폭 글꼴로'),
    ],
  },
  {
    type: 'sns', label: both('Amazon SNS', 'Amazon SNS'), fields: [
      field('sigv4.region', both('Region', '리전'), 'text', true, { placeholder: 'ap-northeast-2' }), secret('sigv4.access_key', 'Access key', '액세스 키', true), secret('sigv4.secret_key', 'Secret key', '비밀 키', true),
      field('topic_arn', both('Topic (ARN)', '주제 (ARN)'), 'text', false, { placeholder: 'arn:aws:sns:…', help: both('Topic, target or phone number: one of them', '주제, 대상, 전화번호 가운데 하나를 적습니다') }), text('target_arn', 'Target (ARN)', '대상 (ARN)'), text('phone_number', 'Phone number', '전화번호'), template('subject', 'Own subject', '직접 쓴 제목'), template('body', 'Own message', '직접 쓴 메시지'), map('attributes', 'Attributes', '속성'), address('api_url', 'API address', 'API 주소'),
    ],
  },
  {
    type: 'victorops', label: both('VictorOps (Splunk On-Call)', 'VictorOps (Splunk On-Call)'), fields: [
      WEBHOOK_URL('https://alert.victorops.com/integrations/generic/…/alert/<key>/<routing key>', both('REST endpoint with key and routing key', '키와 라우팅 키까지 적은 REST 주소')), text('messageType', 'Kind of message', '메시지 종류', { placeholder: 'CRITICAL' }), TITLE, template('description', 'Own text', '직접 쓴 내용'), map('custom_fields', 'Further fields', '그 밖의 필드'),
    ],
  },
  { type: 'webex', label: both('Cisco Webex', 'Cisco Webex'), fields: [secret('bot_token', 'Bot token', '봇 토큰', true), field('room_id', both('Room', '대화방 ID'), 'text', true), BODY, field('api_url', both('API address', 'API 주소'), 'url', false, { extra: true })] },
  {
    type: 'wechat', label: both('WeCom (WeChat Work)', 'WeCom (WeChat Work)'), fields: [
      secret('secret', 'Secret of the application', '애플리케이션 비밀 키', true), field('corp_id', both('Corporation', '회사 ID'), 'text', true), field('agent_id', both('Application', '애플리케이션 ID'), 'text', true), field('touser', both('Users', '사용자'), 'text', false, { placeholder: '@all' }), text('toparty', 'Departments', '부서'), text('totag', 'Tags', '태그'),
      choice('msgtype', 'Form', '형식', ['markdown', 'text']), BODY, field('endpointUrl', both('API address', 'API 주소'), 'url', false, { extra: true }),
    ],
  },
  {
    type: 'rocketchat', label: both('Rocket.Chat', 'Rocket.Chat'), fields: [
      field('api_url', both('Server', '서버 주소'), 'url', false, { placeholder: 'https://open.rocket.chat/' }), secret('token_id', 'User id of the token', '토큰의 사용자 ID', true), secret('token', 'Access token', '액세스 토큰', true), field('channel', both('Channel', '채널'), 'text', false, { placeholder: '#alerts' }), template('title', 'Own title', '직접 쓴 제목'),
      template('text', 'Own text', '직접 쓴 내용'), text('color', 'Colour', '색'), text('emoji', 'Emoji', '이모지'), text('icon_url', 'Picture of the sender (address)', '보내는 이의 그림 주소'),
      text('title_link', 'Title leads to', '제목을 누르면 갈 주소'), text('image_url', 'Picture (address)', '그림 주소'), text('thumb_url', 'Small picture (address)', '작은 그림 주소'), MESSAGE_FIELDS,
      rows('actions', 'Buttons', '버튼', [text('text', 'Text', '글자', { required: true }), text('url', 'Leads to', '누르면 갈 주소'), text('msg', 'Or sends the message', '또는 보낼 메시지')]),
    ],
  },
  {
    type: 'mattermost', label: both('Mattermost', 'Mattermost'), fields: [
      WEBHOOK_URL('https://mattermost.example.com/hooks/…', both('An incoming webhook', 'Incoming Webhook 주소')), text('channel', 'Channel', '채널'), text('username', 'Name of the sender', '보내는 이름'), text('icon_url', 'Picture of the sender (address)', '보내는 이의 그림 주소'), template('title', 'Own title', '직접 쓴 제목'), template('text', 'Own text', '직접 쓴 내용'),
      text('icon_emoji', 'Emoji', '이모지'), text('color', 'Colour', '색'), template('pretext', 'Text above', '위에 쓸 글'), text('title_link', 'Title leads to', '제목을 누르면 갈 주소'), text('author_name', 'Author', '작성자'), text('author_link', 'Author leads to', '작성자를 누르면 갈 주소'), text('author_icon', 'Picture of the author (address)', '작성자 그림 주소'),
      text('image_url', 'Picture (address)', '그림 주소'), text('thumb_url', 'Small picture (address)', '작은 그림 주소'), text('footer', 'Footer', '바닥글'), text('footer_icon', 'Picture of the footer (address)', '바닥글 그림 주소'), MESSAGE_FIELDS,
      json('attachments', 'Own attachments (JSON)', '직접 쓴 첨부 (JSON)', both('A list such as [{"title": "…", "text": "…", "fields": []}]; takes the place of the fields above', '예: [{"title": "…", "text": "…", "fields": []}]. 위의 필드 대신 씁니다')),
      text('props.card', 'Card', '카드'), text('priority.priority', 'Priority', '우선순위', { placeholder: 'urgent' }), flag('priority.requested_ack', 'Ask for a confirmation', '확인 요청'), flag('priority.persistent_notifications', 'Repeat until it is confirmed', '확인할 때까지 반복'),
    ],
  },
  {
    type: 'jira', label: both('Jira', 'Jira'), fields: [
      field('api_url', both('API address', 'API 주소'), 'url', true, { placeholder: 'https://example.atlassian.net/rest/api/3' }), field('project', both('Project', '프로젝트'), 'text', true, { placeholder: 'OPS' }), field('issue_type', both('Issue type', '이슈 종류'), 'text', true, { placeholder: 'Bug' }),
      field('user', both('User', '사용자'), 'text', false, { help: both('Left empty, the token goes as a bearer token', '비워 두면 토큰을 Bearer로 보냅니다') }), secret('api_token', 'API token', 'API 토큰', false), secret('password', 'Password', '비밀번호', false, { extra: true }), template('summary', 'Own summary', '직접 쓴 제목'), template('description', 'Own description', '직접 쓴 설명'), text('priority', 'Priority', '우선순위'),
      field('labels', both('Labels', '라벨'), 'lines', false, { extra: true, help: both('One a line', '한 줄에 하나') }), text('resolve_transition', 'Transition of the end', '해결할 때의 전환'), text('reopen_transition', 'Transition of the return', '다시 열 때의 전환'), text('reopen_duration', 'Reopened within', '다시 여는 기간', { placeholder: '4h' }), text('wont_fix_resolution', 'Resolution that is not reopened', '다시 열지 않는 처리 결과'),
      choice('api_type', 'Kind of server', '서버 종류', ['auto', 'cloud', 'datacenter']), json('fields', 'Further fields (JSON)', '그 밖의 필드 (JSON)', both('e.g. {"components": [{"name": "API"}]}; texts are templates', '예: {"components": [{"name": "API"}]}. 글자는 템플릿입니다')),
    ],
  },
  { type: 'incidentio', label: both('incident.io', 'incident.io'), fields: [WEBHOOK_URL('https://api.incident.io/v2/alert_events/alertmanager/…', both('Of an alert source', '알림 소스의 주소')), secret('alert_source_token', 'Token of the source', '소스 토큰', true), text('maxAlerts', 'Most alerts in one message', '메시지 하나의 최대 알림 수', { placeholder: '0' })] },
]
