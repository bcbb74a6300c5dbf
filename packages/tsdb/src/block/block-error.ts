/** A file of a block is damaged or can't be read. The message names the file and what is wrong with it. */
export class BlockError extends Error {
  readonly file: string
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file}: ${reason}`, options)
    this.name = 'BlockError'
    this.file = file
  }
}
