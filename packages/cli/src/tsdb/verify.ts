import { isDamaged, repairDirectory, verifyDirectory } from '@haechi/tsdb'
import type { BlockFault, DirectoryCheck, LogFault, RepairAction, RewriteLoss } from '@haechi/tsdb'
import { say } from '../io.ts'
import type { Io } from '../io.ts'
import { goBytes } from './go-text.ts'
import { progressOn } from './progress.ts'

type Say = (en: string, ko: string) => string

/** `haechi tsdb verify`. @returns 0 when nothing is damaged, else 1 @throws DataDirError, ToolError */
export function verifyCommand(dataDir: string, io: Io): number {
  const progress = progressOn(io)
  const check = verifyDirectory(dataDir, (what, part) => progress.show(part, what))
  progress.end()
  const tell: Say = (en, ko) => say(io, en, ko)
  io.out(report(check, tell))
  if (!isDamaged(check)) return 0
  io.out(`${tell(`\nhaechi tsdb repair ${dataDir} repairs what can be repaired and sets the rest aside.`, `\nhaechi tsdb repair ${dataDir} 명령으로 고칠 수 있는 것은 고치고 나머지는 따로 옮겨 둘 수 있습니다.`)}\n`)
  return 1
}

/** `haechi tsdb repair`. @returns 0 when the directory is whole afterwards @throws DataDirError, ToolError */
export function repairCommand(dataDir: string, io: Io): number {
  const progress = progressOn(io)
  const { before, actions, after } = repairDirectory(dataDir, Date.now(), (what, part) => progress.show(part, what))
  progress.end()
  const tell: Say = (en, ko) => say(io, en, ko)
  if (actions.length === 0) {
    io.out(report(before, tell))
    io.out(`${tell('There is nothing to repair.', '고칠 것이 없습니다.')}\n`)
    return isDamaged(before) ? 1 : 0
  }
  for (const action of actions) io.out(`${actionText(action, tell)}\n`)
  io.out(`\n${report(after, tell)}`)
  return isDamaged(after) ? 1 : 0
}

const time = (ms: number): string => new Date(ms).toISOString()
const span = (minMs: number | undefined, maxMs: number | undefined, tell: Say): string => (minMs === undefined || maxMs === undefined ? '' : tell(`, ${time(minMs)} to ${time(maxMs)}`, `, ${time(minMs)}부터 ${time(maxMs)}까지`))
const number = (n: number): string => n.toLocaleString('en-US')

function report(check: DirectoryCheck, tell: Say): string {
  const lines: string[] = []
  for (const b of check.blocks) {
    lines.push(`${b.faults.length === 0 ? 'ok     ' : tell('DAMAGED', '손상됨 ')} ${b.ulid}  ${tell(`${number(b.series)} series, ${number(b.chunks)} chunks, ${number(b.samples)} samples, ${goBytes(b.bytes)}`, `시리즈 ${number(b.series)}개, 청크 ${number(b.chunks)}개, 샘플 ${number(b.samples)}개, ${goBytes(b.bytes)}`)}${b.meta === undefined ? '' : span(b.meta.minTime, b.meta.maxTime, tell)}`)
    for (const f of b.faults) lines.push(`          ${blockFault(f, tell)}`)
  }
  for (const l of check.logs) {
    const bad = l.badRecords > 0 || l.missing.length > 0 || l.faults.some(f => !f.torn)
    lines.push(`${bad ? tell('DAMAGED', '손상됨 ') : 'ok     '} ${l.dir}  ${tell(`${l.segments} segments, ${number(l.records)} records, ${number(l.samples)} samples, ${goBytes(l.bytes)}`, `세그먼트 ${l.segments}개, 레코드 ${number(l.records)}개, 샘플 ${number(l.samples)}개, ${goBytes(l.bytes)}`)}${span(l.minMs, l.maxMs, tell)}`)
    for (const f of l.faults) lines.push(`          ${logFault(f, tell)}`)
    for (const n of l.missing) lines.push(`          ${tell(`segment ${n} is missing; what it held can't be told`, `세그먼트 ${n}이(가) 없습니다. 그 안에 무엇이 있었는지는 알 수 없습니다`)}`)
    if (l.badRecords > 0) lines.push(`          ${tell(`${l.badRecords} records with a good checksum can't be understood and are passed over`, `체크섬은 맞지만 해석할 수 없는 레코드 ${l.badRecords}개는 건너뜁니다`)}`)
  }
  for (const f of check.headChunks) lines.push(`${tell('DAMAGED', '손상됨 ')} ${f.file}: ${f.reason}${tell('; the write-ahead log has its samples too', '. 같은 샘플이 WAL에도 있습니다')}`)
  for (const left of check.leftovers) {
    const what = left.kind === 'unfinished' ? tell('a write or deletion that was cut short; removed at the next start', '중간에 끊긴 쓰기나 삭제의 흔적입니다. 다음에 시작할 때 지웁니다') : left.kind === 'contained' ? tell('is contained in a newer block; removed at the next start', '더 새로운 블록에 들어 있습니다. 다음에 시작할 때 지웁니다') : tell('was set aside as damaged; nothing reads it', '손상되어 따로 옮겨 둔 것입니다. 아무도 읽지 않습니다')
    lines.push(`note    ${left.path}  ${goBytes(left.bytes)}: ${what}`)
  }
  if (lines.length === 0) lines.push(tell('There is no data in this directory.', '이 폴더에는 데이터가 없습니다.'))
  return `${lines.join('\n')}\n`
}

function blockFault(f: BlockFault, tell: Say): string {
  const covers = f.samples === undefined
    ? ''
    : tell(`: covers ${f.series === undefined ? '' : `${number(f.series)} series, `}about ${number(f.samples)} samples`, `: ${f.series === undefined ? '' : `시리즈 ${number(f.series)}개, `}샘플 약 ${number(f.samples)}개에 해당합니다`) + span(f.minMs, f.maxMs, tell)
  const lossless = f.part === 'postings' || f.part === 'meta' ? tell(' (no samples are lost: it can be made anew)', ' (샘플은 잃지 않습니다. 다시 만들 수 있습니다)') : ''
  return `${f.what}${f.count > 1 ? tell(` (and ${number(f.count - 1)} more of this kind)`, ` (같은 종류가 ${number(f.count - 1)}개 더 있습니다)`) : ''}${covers}${lossless}`
}

function logFault(f: LogFault, tell: Say): string {
  const bytes = number(f.to - f.from)
  if (f.torn) return tell(`${f.file}: the last ${bytes} bytes are an unfinished write; nothing acknowledged is in them`, `${f.file}: 마지막 ${bytes}바이트는 끝나지 않은 쓰기입니다. 저장되었다고 답한 것은 들어 있지 않습니다`)
  const between = f.afterMs === undefined && f.beforeMs === undefined ? '' : tell(`; covers samples ${f.afterMs === undefined ? '' : `after ${time(f.afterMs)}`}${f.beforeMs === undefined ? '' : ` before ${time(f.beforeMs)}`}`, `. ${f.afterMs === undefined ? '' : `${time(f.afterMs)} 이후 `}${f.beforeMs === undefined ? '' : `${time(f.beforeMs)} 이전 `}샘플에 해당합니다`)
  return tell(`${f.file}: bytes ${f.from} to ${f.to} (${bytes}): ${f.reason}${between}`, `${f.file}: ${f.from}~${f.to}바이트(${bytes}바이트): ${f.reason}${between}`)
}

function actionText(a: RepairAction, tell: Say): string {
  switch (a.kind) {
    case 'meta': return tell(`${a.ulid}: meta.json was written anew; nothing is lost`, `${a.ulid}: meta.json을 다시 썼습니다. 잃은 것은 없습니다`)
    case 'rewritten': return tell(`${a.ulid}: written anew as ${a.block.ulid} with ${number(a.block.stats.numSamples)} samples; ${lossText(a.loss, tell)}; the old one is in ${a.movedTo}`, `${a.ulid}: ${a.block.ulid}(으)로 다시 썼습니다(샘플 ${number(a.block.stats.numSamples)}개). ${lossText(a.loss, tell)}. 이전 블록은 ${a.movedTo}에 있습니다`)
    case 'set-aside': {
      const lost = a.meta === undefined ? tell('what it held can\'t be told', '무엇이 있었는지는 알 수 없습니다') : tell(`lost: ${number(a.meta.stats.numSeries)} series, ${number(a.meta.stats.numSamples)} samples`, `잃은 것: 시리즈 ${number(a.meta.stats.numSeries)}개, 샘플 ${number(a.meta.stats.numSamples)}개`) + span(a.meta.minTime, a.meta.maxTime, tell)
      return tell(`${a.ulid}: nothing of it can be saved (${a.reason}); ${lost}; it is in ${a.movedTo}`, `${a.ulid}: 살릴 수 있는 것이 없습니다(${a.reason}). ${lost}. ${a.movedTo}에 옮겨 두었습니다`)
    }
    case 'torn': return tell(`${a.file}: cut an unfinished write of ${number(a.bytes)} bytes off; nothing acknowledged is lost`, `${a.file}: 끝나지 않은 쓰기 ${number(a.bytes)}바이트를 잘라 냈습니다. 저장되었다고 답한 것은 잃지 않았습니다`)
    case 'log': return [tell(`${a.file}: written anew without ${number(a.bytes)} damaged bytes; the old one is ${a.movedTo}`, `${a.file}: 손상된 ${number(a.bytes)}바이트를 빼고 다시 썼습니다. 이전 파일은 ${a.movedTo}입니다`), ...a.faults.map(f => `          ${tell('lost', '잃은 것')}: ${logFault(f, tell)}`)].join('\n')
    case 'segment': return tell(`${a.file}: an empty segment takes the place of the one that is missing`, `${a.file}: 없어진 세그먼트 자리에 빈 세그먼트를 넣었습니다`)
    case 'head-chunks': return tell(`${a.file}: set aside (${a.reason}); the write-ahead log has its samples too; it is in ${a.movedTo}`, `${a.file}: 따로 옮겼습니다(${a.reason}). 같은 샘플이 WAL에도 있습니다. ${a.movedTo}에 있습니다`)
    case 'removed': return tell(`${a.path}: removed (${goBytes(a.bytes)}); nothing needs it`, `${a.path}: 지웠습니다(${goBytes(a.bytes)}). 아무 데도 쓰이지 않습니다`)
  }
}

function lossText(l: RewriteLoss, tell: Say): string {
  const parts: string[] = []
  if (l.samples > 0) parts.push(tell(`about ${number(l.samples)} samples`, `샘플 약 ${number(l.samples)}개`) + span(l.minMs, l.maxMs, tell))
  if (l.chunks > 0) parts.push(tell(`${number(l.chunks)} chunks`, `청크 ${number(l.chunks)}개`))
  if (l.seriesLost > 0) parts.push(tell(`${number(l.seriesLost)} series as a whole`, `시리즈 ${number(l.seriesLost)}개 전체`))
  if (l.seriesCut > 0) parts.push(tell(`${number(l.seriesCut)} series in part`, `시리즈 ${number(l.seriesCut)}개의 일부`))
  if (l.tombstones) parts.push(tell('deletions, so that some deleted samples are there again', '삭제 표시(지웠던 샘플 일부가 다시 보입니다)'))
  return parts.length === 0 ? tell('nothing is lost', '잃은 것은 없습니다') : `${tell('lost', '잃은 것')}: ${parts.join('; ')}`
}
