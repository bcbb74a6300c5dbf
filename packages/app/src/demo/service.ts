// A small service to look at: started by `haechi --demo` as a process of its own, once as `orders` (Express) and once as `checkout` (Fastify).
// It is what an example of the documentation does, plus its own gentle customers.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { instrument } from '@haechi/instrument'
import express from 'express'
import fastify from 'fastify'
import { startCustomers } from './customers.ts'

/** What the service tells its parent once it listens. */
export interface DemoReady {
  readonly name: string
  readonly port: number
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, ms) })

/** A waiting time in ms with a long tail, as real ones have. */
function latencyMs(typicalMs: number): number {
  return typicalMs * Math.exp((Math.random() + Math.random() + Math.random() - 1.5) * 0.9)
}

async function listOrders(): Promise<Answer> {
  await sleep(latencyMs(18))
  return { status: 200, body: { orders: [1, 2, 3] } }
}

async function oneOrder(id: string): Promise<Answer> {
  await sleep(latencyMs(8))
  return Number(id) > 900 ? { status: 404, body: { error: 'no such order' } } : { status: 200, body: { id: Number(id) } }
}

async function createOrder(): Promise<Answer> {
  await sleep(latencyMs(45))
  return Math.random() < 0.001 ? { status: 503, body: { error: 'stock service did not answer' } } : { status: 201, body: { created: true } }
}

async function slow(): Promise<Answer> {
  await sleep(600 + Math.random() * 1400)
  return { status: 200, body: { slow: true } }
}

function boom(): Answer {
  return { status: 500, body: { error: 'intentional' } }
}

function expressService(): Promise<number> {
  const app = express()
  app.use(instrument().express)
  const send = (res: express.Response, answer: Answer): void => { res.status(answer.status).json(answer.body) }
  app.get('/', (_req, res) => { res.json({ ok: true }) })
  app.get('/orders', (_req, res, next) => { listOrders().then(a => send(res, a), next) })
  app.get('/orders/:id', (req, res, next) => { oneOrder(req.params.id).then(a => send(res, a), next) })
  app.post('/orders', (_req, res, next) => { createOrder().then(a => send(res, a), next) })
  app.get('/slow', (_req, res, next) => { slow().then(a => send(res, a), next) })
  app.get('/boom', (_req, res) => send(res, boom()))
  return new Promise(resolve => {
    const server = createServer(app).listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function fastifyService(): Promise<number> {
  const app = fastify()
  await app.register(instrument().fastify as never)
  app.get('/', async () => ({ ok: true }))
  app.get('/orders', async (_req, reply) => { const a = await listOrders(); return reply.code(a.status).send(a.body) })
  app.get('/orders/:id', async (req, reply) => { const a = await oneOrder((req.params as { id: string }).id); return reply.code(a.status).send(a.body) })
  app.post('/orders', async (_req, reply) => { const a = await createOrder(); return reply.code(a.status).send(a.body) })
  app.get('/slow', async (_req, reply) => { const a = await slow(); return reply.code(a.status).send(a.body) })
  app.get('/boom', async (_req, reply) => { const a = boom(); return reply.code(a.status).send(a.body) })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

const name = process.argv[2] ?? 'orders'
const port = await (name === 'checkout' ? fastifyService() : expressService())
startCustomers(port, name === 'checkout' ? 3 : 6)
const ready: DemoReady = { name, port }
process.send?.(ready)
// The parent is gone: so is the reason to run.
process.on('disconnect', () => process.exit(0))
