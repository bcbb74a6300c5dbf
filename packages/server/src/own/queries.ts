import { setMaxListeners } from 'node:events'
import { Readable } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { acceptsGzip } from '../compression.ts'
import type { ServerLog } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { outcomeOf } from '../prometheus/endpoint.ts'
import type { ApiHandler } from '../prometheus/endpoint.ts'
import { abortSignalOf } from '../request-context.ts'
import { RequestParams } from '../request-params.ts'

/** Most questions of one request. */
const MOST_QUESTIONS = 100

/** The body of `POST /queries`: addresses below `/api/v1/`, as one would ask each alone, e.g. `query_range?query=up&start=0&end=60&step=15`. */
export const QUESTIONS: z.ZodType<{ readonly queries: readonly string[] }> = z.strictObject({ queries: z.array(z.string().min(1).max(200_000)).min(1).max(MOST_QUESTIONS) })

/** Who answers which address. */
export type Answerers = ReadonlyMap<string, ApiHandler>

/**
 * Answers several questions with one response, each as soon as it is known: lines `<place in the list> <status> <body>`, the bodies those of the Prometheus API. A page with
 * fifty charts would otherwise wait for ten rounds over the five connections that it has.
 *
 * @throws ApiError for an address that is none of `answerers`
 */
export function answerQueries(queries: readonly string[], answerers: Answerers, request: FastifyRequest, reply: FastifyReply, log: ServerLog): FastifyReply {
  const signal = abortSignalOf(request)
  // Each question listens to it; node takes more than ten for a leak.
  setMaxListeners(0, signal)
  const asked = queries.map((text, i) => {
    const at = text.indexOf('?')
    const handler = answerers.get(at < 0 ? text : text.slice(0, at))
    if (handler === undefined) throw new ApiError('bad_body', `queries.${i}: must begin with ${[...answerers.keys()].map(name => `${name}?`).join(' or ')}`)
    return { handler, params: new RequestParams(at < 0 ? '' : text.slice(at + 1), '') }
  })
  reply.header('Cache-Control', 'no-store').type('text/plain; charset=utf-8').header('Vary', 'Accept-Encoding')
  const lines = new Readable({ read() {} })
  let open = asked.length
  asked.forEach(({ handler, params }, i) => {
    void (async () => {
      const { status, body } = await outcomeOf(handler, { params, name: '', signal }, log, '/queries')
      lines.push(Buffer.concat([Buffer.from(`${i} ${status} `), body, NEW_LINE]))
      if (--open === 0) lines.push(null)
    })()
  })
  if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(lines)
  // Flushed after each line: it is waited for.
  const zipped = createGzip({ level: 1, flush: constants.Z_SYNC_FLUSH })
  lines.once('error', err => zipped.destroy(err))
  return reply.header('Content-Encoding', 'gzip').send(lines.pipe(zipped))
}

const NEW_LINE = Buffer.from('\n')
