/**
 * Lets work through one piece per turn of the event loop, in order of arrival, so that many bodies that arrive together do not keep the loop from reading the
 * others' sockets until their time is over.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #running = false

  /** Resolves when it is the caller's turn; what it does before it next waits is the piece. */
  next(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      if (this.#running) return
      this.#running = true
      setImmediate(this.#turn)
    })
  }

  readonly #turn = (): void => {
    this.#waiting.shift()!()
    if (this.#waiting.length > 0) setImmediate(this.#turn)
    else this.#running = false
  }
}
