/** A body that can't be read. The message is Prometheus', so that tools which look for it find it. */
export class ExpositionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ExpositionError'
  }
}
