/**
 * At most so many alerts of one `alertname`. Where a name is full, one that is over makes room; else a new alert is refused. What is known may always change.
 * @see alertmanager limit/bucket.go
 */
export class AlertLimit {
  readonly #perName: number
  /** By name, then by fingerprint: the end, Unix ms. */
  readonly #ends = new Map<string, Map<string, number>>()
  #refused = 0

  /** @param perName  0: any number */
  constructor(perName: number) {
    this.#perName = perName
  }

  /** Counts an alert in. @returns false when it is one too many */
  admit(name: string, fingerprint: string, endsAtMs: number, nowMs: number): boolean {
    if (this.#perName <= 0) return true
    const ends = this.#of(name)
    if (!ends.has(fingerprint) && ends.size >= this.#perName) {
      const over = [...ends].find(([, end]) => end < nowMs)
      if (over === undefined) {
        this.#refused++
        return false
      }
      ends.delete(over[0])
    }
    ends.set(fingerprint, endsAtMs)
    return true
  }

  /** Counts an alert in that is there already, from before a restart: never one too many. */
  keep(name: string, fingerprint: string, endsAtMs: number): void {
    if (this.#perName > 0) this.#of(name).set(fingerprint, endsAtMs)
  }

  #of(name: string): Map<string, number> {
    let ends = this.#ends.get(name)
    if (ends === undefined) this.#ends.set(name, ends = new Map())
    return ends
  }

  /** What is forgotten takes no place. */
  forget(name: string, fingerprint: string): void {
    const ends = this.#ends.get(name)
    ends?.delete(fingerprint)
    if (ends?.size === 0) this.#ends.delete(name)
  }

  /** The limit, and how many alerts were refused since the start. */
  counts(): { readonly perName: number; readonly refused: number } {
    return { perName: this.#perName, refused: this.#refused }
  }
}
