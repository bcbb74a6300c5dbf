import { Agent, request } from 'node:http'

/** What customers ask for, and how often out of 100. */
const WISHES: readonly (readonly [method: string, path: () => string, weight: number])[] = [
  ['GET', () => '/', 30],
  ['GET', () => '/orders', 30],
  ['GET', () => `/orders/${1 + Math.floor(Math.random() * 920)}`, 25],
  ['POST', () => '/orders', 13],
  ['GET', () => '/slow', 2],
]

/**
 * Customers of a demo service on loopback: independent arrivals whose mean follows a wave of ten minutes.
 *
 * @param perSecond  mean arrivals per second
 */
export function startCustomers(port: number, perSecond: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const next = (): void => {
    const wave = 1 + 0.4 * Math.sin((Date.now() / 600_000) * 2 * Math.PI)
    const waitMs = (-Math.log(1 - Math.random()) * 1000) / (perSecond * wave)
    setTimeout(() => {
      ask(agent, port)
      next()
    }, waitMs)
  }
  next()
}

function ask(agent: Agent, port: number): void {
  let pick = Math.random() * 100
  const [method, path] = WISHES.find(([, , weight]) => (pick -= weight) < 0) ?? WISHES[0]!
  const req = request({ agent, host: '127.0.0.1', port, method, path: path(), timeout: 10_000 }, res => res.resume())
  req.on('timeout', () => req.destroy())
  // A demo service that is stopped under its customers is part of the show.
  req.on('error', () => undefined)
  req.end()
}
