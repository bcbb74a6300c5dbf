import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { acceptsGzip } from './compression.ts'
import { isGrafanaPath } from './grafana/routes.ts'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', json: 'application/json', svg: 'image/svg+xml', png: 'image/png', ico: 'image/x-icon',
  woff2: 'font/woff2', woff: 'font/woff', txt: 'text/plain; charset=utf-8', webmanifest: 'application/manifest+json', map: 'application/json', wasm: 'application/wasm', md: 'text/markdown; charset=utf-8',
}

interface File {
  readonly path: string
  readonly type: string
  readonly encodings: ReadonlySet<string>
}
interface Content { readonly body: Buffer; readonly etag: string; readonly mtimeMs: number }

/** Below these there are files and APIs, never pages. */
const NO_PAGES = /^\/(?:assets|api|apis|-|debug|consoles|static|metrics|federate|version)(?:\/|$)/

/** Where Prometheus' own pages are with us; links and bookmarks keep working. */
const PROMETHEUS_PAGES: Readonly<Record<string, string>> = {
  '/graph': '/explore', '/query': '/explore', '/classic/graph': '/explore', '/service-discovery': '/targets', '/rules': '/alerts', '/tsdb-status': '/data', '/flags': '/status?tab=flags', '/config': '/status?tab=config',
}

/**
 * Serves the built UI at the prefix: only files that were there at the start, read when first asked for and kept. Every other path that no
 * API knows is a page of the UI and answers its index.html. `.br` and `.gz` files beside a file are its compressed forms.
 */
export function registerUi(app: FastifyInstance, prefix: string, webRoot: string | undefined): void {
  // A checkout that was not built has no folder.
  const files = webRoot === undefined || !existsSync(join(webRoot, 'index.html')) ? new Map<string, File>() : listFiles(webRoot)
  const contents = new Map<string, Content>()
  const read = (path: string): Content => {
    const { mtimeMs } = statSync(path)
    const known = contents.get(path)
    if (known !== undefined && known.mtimeMs === mtimeMs) return known
    let body: Buffer = readFileSync(path)
    if (path.endsWith('index.html')) body = withBase(body, prefix)
    const content = { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`, mtimeMs }
    contents.set(path, content)
    return content
  }
  const send = (request: FastifyRequest, reply: FastifyReply, file: File, name: string): FastifyReply => {
    const accepted = request.headers['accept-encoding']
    // index.html is changed on the way, so its compressed forms don't fit.
    const encoding = name === '/index.html' ? '' : file.encodings.has('br') && /\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(String(accepted ?? '')) ? 'br' : file.encodings.has('gz') && acceptsGzip(accepted) ? 'gz' : ''
    const content = read(encoding === '' ? file.path : `${file.path}.${encoding}`)
    reply.header('ETag', content.etag).type(file.type)
    if (file.encodings.size > 0) reply.header('Vary', 'Accept-Encoding')
    // Names under assets/ hold a hash of the content.
    reply.header('Cache-Control', name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (request.headers['if-none-match'] === content.etag) return reply.code(304).send()
    if (encoding !== '') reply.header('Content-Encoding', encoding === 'br' ? 'br' : 'gzip')
    if (request.method === 'HEAD') return reply.header('Content-Length', content.body.length).send()
    return reply.send(content.body)
  }

  const page = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const url = request.raw.url ?? '/'
    const path = url.split('?', 1)[0]!.slice(prefix.length) || '/'
    const moved = PROMETHEUS_PAGES[path.length > 1 ? path.replace(/\/$/, '') : path]
    // The page reads `g0.expr` and its kin itself.
    if (moved !== undefined) return reply.code(302).header('Location', prefix + moved + (url.includes('?') ? url.slice(url.indexOf('?')).replace('?', moved.includes('?') ? '&' : '?') : '')).send()
    const file = files.get(path)
    if (file !== undefined) return send(request, reply, file, path)
    const isUnknownFile = NO_PAGES.test(path)
    const index = files.get('/index.html')
    if (isUnknownFile || index === undefined) {
      if (path === '/' && !isUnknownFile) {
        return reply.code(503).type('text/plain; charset=utf-8').send('The pages of Haechi are not part of this installation; the API works. Build them with: npm run build\nHaechi의 화면이 이 설치에 들어 있지 않습니다. API는 쓸 수 있습니다. npm run build로 화면을 만들어 주세요.\n')
      }
      if (isGrafanaPath(path)) return reply.code(404).type('application/json').send('{"message":"Not found"}')
      return reply.code(404).type('text/plain; charset=utf-8').send('404 page not found\n')
    }
    return send(request, reply, index, '/index.html')
  }
  const options = { config: { open: true } }
  app.route({ method: ['GET', 'HEAD'], url: `${prefix}/*`, ...options, handler: page })
  if (prefix !== '') {
    const toPrefix = (_q: FastifyRequest, reply: FastifyReply): FastifyReply => reply.code(302).header('Location', `${prefix}/`).send()
    app.route({ method: ['GET', 'HEAD'], url: '/', ...options, handler: toPrefix })
    app.route({ method: ['GET', 'HEAD'], url: prefix, ...options, handler: toPrefix })
  }
}

/** Tells the pages where they live: relative links and the API's paths begin there. */
function withBase(html: Buffer, prefix: string): Buffer {
  const text = html.toString('utf8')
  const base = `<base href="${prefix}/" />`
  return Buffer.from(/<base\s[^>]*>/i.test(text) ? text.replace(/<base\s[^>]*>/i, () => base) : text.replace(/<head[^>]*>/i, head => head + base))
}

function listFiles(root: string): Map<string, File> {
  const all = new Set<string>()
  const walk = (folder: string, name: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(folder, entry.name), `${name}/${entry.name}`)
      else if (entry.isFile()) all.add(`${name}/${entry.name}`)
    }
  }
  walk(root, '')
  const files = new Map<string, File>()
  for (const name of all) {
    if (/\.(?:br|gz)$/.test(name) && all.has(name.slice(0, -3))) continue
    const type = TYPES[/\.(\w+)$/.exec(name)?.[1] ?? ''] ?? 'application/octet-stream'
    files.set(name, { path: join(root, name), type, encodings: new Set(['br', 'gz'].filter(e => all.has(`${name}.${e}`))) })
  }
  return files
}
