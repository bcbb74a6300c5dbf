/** The newest sample time in each segment of a log: tells which segments hold nothing that is still wanted. */
export class SegmentTimes {
  private readonly newest = new Map<number, number>()

  /** Notes that a segment exists and has samples up to `maxT` (-Infinity: none). */
  note(segment: number, maxT: number): void {
    const known = this.newest.get(segment)
    if (known === undefined || maxT > known) this.newest.set(segment, maxT)
  }

  /** The last segment before `open` up to which every segment ends before `minMs`; undefined if the oldest does not. */
  lastBefore(minMs: number, open: number): number | undefined {
    let last: number | undefined
    for (const segment of [...this.newest.keys()].sort((a, b) => a - b)) {
      if (segment >= open || this.newest.get(segment)! >= minMs) break
      last = segment
    }
    return last
  }

  /** Forgets segments that were deleted. */
  forget(upTo: number): void {
    for (const segment of this.newest.keys()) if (segment <= upTo) this.newest.delete(segment)
  }
}
