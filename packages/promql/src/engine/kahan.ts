/**
 * A running sum with Neumaier's compensation, as Prometheus keeps it: once the sum is infinite, the compensation is dropped.
 * Only for slow paths; hot loops write the same three lines out.
 * @see Prometheus util/kahansum
 */
export class KahanSum {
  sum = 0
  c = 0

  add(inc: number): void {
    const t = this.sum + inc
    if (t === Infinity || t === -Infinity) this.c = 0
    else if (Math.abs(this.sum) >= Math.abs(inc)) this.c += this.sum - t + inc
    else this.c += inc - t + this.sum
    this.sum = t
  }

  reset(): void {
    this.sum = 0
    this.c = 0
  }
}
