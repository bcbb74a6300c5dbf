// What the real Alertmanager sends to older kinds of receivers: `PEERS_DIR=/folder node packages/alerting/test/record-receivers.mjs RUNNER` writes receivers-sent.json anew.
// RUNNER starts a program of the peers (`RUNNER prometheus-alertmanager …`). A minute; needs openssl, since two addresses are fixed and https.

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONFIG, FIRING, RESOLVED, STEPS } from './receiver-steps.mjs'

const runner = process.argv[2]
if (runner === undefined) throw new Error('name the runner of the peers')
const dir = mkdtempSync(join(tmpdir(), 'haechi-record-'))
const listening = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const pause = ms => new Promise(done => setTimeout(done, ms))

/** Everything that came since the last step. */
let sent = []

const KEPT = /^(?:content-type|authorization|x-)/
const receive = (req, res) => {
  // Whoever looks for metrics on this machine.
  if (req.method === 'GET') return res.writeHead(404).end()
  const chunks = []
  req.on('data', d => chunks.push(d)).on('end', () => {
    const path = req.url.replace(/^http:\/\/[^/]*/, '')
    const headers = Object.fromEntries(Object.entries(req.headers).filter(([name]) => KEPT.test(name)))
    sent.push({ kind: req.socket.tunnel ?? 'http', method: req.method, url: path, headers, body: Buffer.concat(chunks).toString('utf8') })
    const slack = /slack|chat\./.test(path)
    if (slack && path.includes('chat.')) res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: true, channel: 'C1', ts: '1700000000.000100' }))
    else if (slack) res.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
    else if (path.includes('sendMessage')) res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: true, result: { message_id: 1, chat: { id: 7, type: 'private' } } }))
    else res.writeHead(202, { 'content-type': 'application/json' }).end('{"result":"ok"}')
  })
}
const web = http.createServer(receive)
const port = await listening(web)

execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=x', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')], { stdio: 'ignore' })
const inner = http.createServer(receive)
const proxy = http.createServer()
proxy.on('connect', (req, socket) => {
  socket.write('HTTP/1.1 200 OK\r\n\r\n')
  const secure = new tls.TLSSocket(socket, { isServer: true, key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(join(dir, 'cert.pem')), ALPNProtocols: ['http/1.1'] })
  secure.on('error', () => undefined)
  secure.tunnel = req.url
  inner.emit('connection', secure)
})
const proxyPort = await listening(proxy)

const mail = net.createServer(socket => {
  let rest = ''
  let data
  let envelope = { from: '', to: [] }
  socket.on('error', () => undefined)
  socket.write('220 test ESMTP\r\n')
  socket.on('data', chunk => {
    rest += chunk.toString('latin1')
    for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
      const line = rest.slice(0, at)
      rest = rest.slice(at + 2)
      if (data !== undefined) {
        if (line !== '.') {
          data.push(line.startsWith('..') ? line.slice(1) : line)
          continue
        }
        sent.push({ kind: 'mail', ...envelope, body: data.join('\r\n') })
        data = undefined
        socket.write('250 ok\r\n')
        continue
      }
      const word = line.slice(0, 4).toUpperCase()
      if (word === 'EHLO') socket.write('250-test\r\n250 8BITMIME\r\n')
      else if (word === 'DATA') {
        data = []
        socket.write('354 go\r\n')
      } else if (word === 'QUIT') socket.end('221 bye\r\n')
      else {
        if (word === 'MAIL') envelope = { from: /<(.*?)>/.exec(line)[1], to: [] }
        if (word === 'RCPT') envelope.to.push(/<(.*?)>/.exec(line)[1])
        socket.write('250 ok\r\n')
      }
    }
  })
})
const mailPort = await listening(mail)

const text = JSON.stringify(CONFIG).replaceAll('receiver.test', `127.0.0.1:${port}`).replaceAll('proxy.test', `127.0.0.1:${proxyPort}`).replaceAll('mail.test', `127.0.0.1:${mailPort}`)
writeFileSync(join(dir, 'alertmanager.yml'), text)
const amPort = await listening(http.createServer()) + 1
const am = spawn(runner, ['prometheus-alertmanager', `--config.file=${join(dir, 'alertmanager.yml')}`, `--storage.path=${join(dir, 'data')}`, `--web.listen-address=127.0.0.1:${amPort}`, '--web.external-url=http://am.test', '--web.route-prefix=/', '--cluster.listen-address=', '--log.level=warn'], { stdio: ['ignore', 'inherit', 'inherit'] })
try {
  for (let i = 0; ; i++) {
    await pause(100)
    if (await fetch(`http://127.0.0.1:${amPort}/-/ready`).then(r => r.ok, () => false)) break
    if (i > 100) throw new Error('Alertmanager did not start')
  }
  const steps = {}
  for (const step of STEPS) {
    sent = []
    const posted = step.post.map(a => ({ labels: a.labels, annotations: a.annotations, ...(a.resolved ? RESOLVED : FIRING), ...(a.generatorURL === undefined ? {} : { generatorURL: a.generatorURL }) }))
    const answer = await fetch(`http://127.0.0.1:${amPort}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(posted) })
    if (!answer.ok) throw new Error(await answer.text())
    for (let quiet = 0, before = 0; quiet < 30 || sent.length === 0; quiet++) {
      await pause(100)
      if (sent.length !== before) [quiet, before] = [0, sent.length]
    }
    const swap = t => t.replaceAll(`127.0.0.1:${port}`, 'receiver.test')
    steps[step.name] = sent.map(s => ({ ...s, body: swap(s.body) })).filter(s => step.only === undefined || new RegExp(step.only).test(s.url ?? s.kind))
    console.log(step.name, steps[step.name].length)
  }
  writeFileSync(new URL('./receivers-sent.json', import.meta.url), `${JSON.stringify({ alertmanager: '0.33.1', steps }, undefined, 1)}\n`)
} finally {
  am.kill('SIGTERM')
  rmSync(dir, { recursive: true, force: true })
  setTimeout(() => process.exit(), 500)
}
