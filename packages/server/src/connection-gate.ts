import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * At most so many connections at once over all listeners. Further ones wait for their turn, unanswered, as behind Prometheus' limit; where connections
 * stand open without a request, those are closed first.
 */
export class ConnectionGate {
  readonly #limit: number
  readonly #closeIdle: () => void
  readonly #waiting = new Map<Socket, () => void>()
  #open = 0

  /** @param limit  at least 1 @param closeIdle  closes what is open without a request */
  constructor(limit: number, closeIdle: () => void) {
    this.#limit = limit
    this.#closeIdle = closeIdle
  }

  /** Lets the connections of a server through one by one. To be called before it listens. */
  guard(server: Server): void {
    const serve = server.listeners('connection') as ((socket: Socket) => void)[]
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      const begin = (): void => {
        this.#open++
        socket.once('close', () => {
          this.#open--
          this.#next()
        })
        for (const s of serve) s.call(server, socket)
      }
      if (this.#open < this.#limit) begin()
      else {
        // What it sends meanwhile stays with the operating system.
        socket.pause()
        const gone = (): void => void this.#waiting.delete(socket)
        const failed = (): void => void socket.destroy()
        socket.once('close', gone).on('error', failed)
        this.#waiting.set(socket, () => {
          socket.removeListener('close', gone).removeListener('error', failed)
          begin()
          socket.resume()
        })
        this.#closeIdle()
      }
    })
  }

  /** Ends those that wait: nobody will answer them. */
  close(): void {
    for (const socket of this.#waiting.keys()) socket.destroy()
  }

  #next(): void {
    const first = this.#open < this.#limit ? this.#waiting.entries().next().value : undefined
    if (first === undefined) return
    this.#waiting.delete(first[0])
    first[1]()
  }
}
