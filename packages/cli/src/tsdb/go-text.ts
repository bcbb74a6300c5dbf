import type { BlockInfo } from '@haechi/tsdb'

/** A duration as Go prints it: `1h46m30.001s`, `2m30.001s`, `1ms`, `0s`. */
export function goDuration(ms: number): string {
  if (ms === 0) return '0s'
  const sign = ms < 0 ? '-' : ''
  let left = Math.abs(ms)
  if (left < 1000) return `${sign}${left}ms`
  const hours = Math.floor(left / 3_600_000)
  left -= hours * 3_600_000
  const minutes = Math.floor(left / 60_000)
  left -= minutes * 60_000
  const seconds = `${Math.floor(left / 1000)}${left % 1000 === 0 ? '' : `.${String(left % 1000).padStart(3, '0').replace(/0+$/, '')}`}s`
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}`
}

/** A time in whole seconds as Go prints it: `2023-11-14 22:13:20 +0000 UTC`. */
export function goTime(ms: number): string {
  return `${new Date(Math.trunc(ms / 1000) * 1000).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`
}

/** A size as promtool prints it: `21KiB449B`. */
export function goBytes(bytes: number): string {
  if (bytes === 0) return '0B'
  let out = ''
  let left = bytes
  for (const [unit, size] of [['EiB', 2 ** 60], ['PiB', 2 ** 50], ['TiB', 2 ** 40], ['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10], ['B', 1]] as const) {
    const n = Math.floor(left / size)
    if (n > 0) out += `${n}${unit}`
    left -= n * size
  }
  return out
}

/** Rows as Go's tabwriter lays them out for promtool: columns at least 13 wide, two spaces between. */
function table(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]!.length
  const widths = Array.from({ length: columns - 1 }, (_, c) => Math.max(13, ...rows.map(r => [...r[c]!].length + 2)))
  return rows.map(r => `${r.map((cell, c) => (c === columns - 1 ? cell : cell + ' '.repeat(widths[c]! - [...cell].length))).join('')}\n`).join('')
}

/** The table of `promtool tsdb list`. */
export function blockTable(blocks: readonly BlockInfo[], humanReadable: boolean): string {
  return table([
    ['BLOCK ULID', 'MIN TIME', 'MAX TIME', 'DURATION', 'NUM SAMPLES', 'NUM CHUNKS', 'NUM SERIES', 'SIZE'],
    ...blocks.map(({ meta, bytes }) => [
      meta.ulid, humanReadable ? goTime(meta.minTime) : String(meta.minTime), humanReadable ? goTime(meta.maxTime) : String(meta.maxTime), goDuration(meta.maxTime - meta.minTime),
      String(meta.stats.numSamples), String(meta.stats.numChunks), String(meta.stats.numSeries), humanReadable ? goBytes(bytes) : String(bytes),
    ]),
  ])
}
