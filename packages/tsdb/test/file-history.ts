import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A file whatever its names are. */
interface Inode {
  readonly id: number
}

type Operation =
  | { readonly kind: 'make'; readonly inode: number; readonly name: string; readonly empty: boolean }
  | { readonly kind: 'write'; readonly inode: number; readonly bytes: Uint8Array; readonly position: number | undefined }
  | { readonly kind: 'truncate'; readonly inode: number; readonly length: number }
  /** Brings the file to the disk as it was `until` operations were done. */
  | { readonly kind: 'sync'; readonly inode: number; readonly until: number }
  | { readonly kind: 'rename' | 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove' | 'folder'; readonly name: string }

/** Content of a file, and how much of it no power cut can take: contents only grow, or are cut. */
interface Content {
  bytes: Buffer
  synced: number
  /** Its length after each operation that changed it. */
  readonly lengths: (readonly [at: number, length: number])[]
}

/**
 * What was done to the files below a folder, operation by operation, and what they hold after any number of these: all done, the last one half done, or with only what syncs have
 * reached. Names are durable at once (as with a journal of metadata that keeps their order); bytes are not.
 */
export class FileHistory {
  private readonly root: string
  private readonly operations: Operation[] = []
  private readonly descriptors = new Map<number, Inode>()
  /** Names as they are while it is recorded. */
  private readonly recorded = new Map<string, number>()
  private nextInode = 1
  // What there is after `done` operations.
  private done = 0
  private readonly names = new Map<string, number>()
  private readonly folders = new Set<string>()
  private readonly contents = new Map<number, Content>()

  constructor(root: string) {
    this.root = path.resolve(root)
  }

  /** Whether a file is one of those that are recorded; the lock is the process' own. */
  has(file: string): boolean {
    const name = path.relative(this.root, path.resolve(file))
    return name !== '' && !name.startsWith('..') && name !== 'lock'
  }

  get length(): number {
    return this.operations.length
  }

  kinds(): string[] {
    return this.operations.map(o => o.kind)
  }

  // Recording.

  make(fd: number, file: string, empty: boolean): void {
    const name = this.name(file)
    let inode = this.recorded.get(name)
    if (inode === undefined) this.recorded.set(name, (inode = this.nextInode++))
    this.descriptors.set(fd, { id: inode })
    this.operations.push({ kind: 'make', inode, name, empty })
  }

  write(fd: number, bytes: Uint8Array, position: number | undefined): void {
    this.operations.push({ kind: 'write', inode: this.descriptors.get(fd)!.id, bytes: Uint8Array.from(bytes), position })
  }

  truncate(fd: number, length: number): void {
    this.operations.push({ kind: 'truncate', inode: this.descriptors.get(fd)!.id, length })
  }

  truncateFile(file: string, length: number): void {
    this.operations.push({ kind: 'truncate', inode: this.recorded.get(this.name(file))!, length })
  }

  /** Where a sync that is begun now reaches. */
  mark(fd: number): { readonly inode: number; readonly until: number } {
    return { inode: this.descriptors.get(fd)!.id, until: this.operations.length }
  }

  sync(fd: number, mark: { readonly inode: number; readonly until: number } = this.mark(fd)): void {
    this.operations.push({ kind: 'sync', ...mark })
  }

  rename(from: string, to: string): void {
    const [a, b] = [this.name(from), this.name(to)]
    this.operations.push({ kind: 'rename', from: a, to: b })
    renamed(this.recorded, a, b)
  }

  link(from: string, to: string): void {
    const [a, b] = [this.name(from), this.name(to)]
    this.operations.push({ kind: 'link', from: a, to: b })
    this.recorded.set(b, this.recorded.get(a)!)
  }

  remove(file: string): void {
    this.operations.push({ kind: 'remove', name: this.name(file) })
    this.recorded.delete(this.name(file))
  }

  folder(dir: string): void {
    this.operations.push({ kind: 'folder', name: this.name(dir) })
  }

  private name(file: string): string {
    return path.relative(this.root, path.resolve(file))
  }

  // Looking back.

  describe(n: number): string {
    const o = this.operations[n - 1]!
    const name = 'inode' in o ? [...this.names].find(([, i]) => i === o.inode)?.[0] ?? 'a removed file' : 'from' in o ? `${o.from} to ${o.to}` : o.name
    return `${o.kind} ${name}${o.kind === 'write' ? ` (${o.bytes.length} bytes)` : ''}`
  }

  isWrite(n: number): boolean {
    return this.operations[n - 1]!.kind === 'write'
  }

  /** Does operations until `n` are done. */
  forward(n: number): void {
    for (; this.done < n; this.done++) this.apply(this.operations[this.done]!)
  }

  /** Whether all that the log had after `at` operations is beyond the reach of a power cut: synced, or replaced by something that is. */
  durable(at: number): boolean {
    for (const [name, inode] of this.names) {
      if (!/^w[ab]l\//.test(name)) continue
      const content = this.contents.get(inode)!
      const then = content.lengths.findLast(([when]) => when <= at)?.[1] ?? 0
      if (content.synced < Math.min(then, content.bytes.length)) return false
    }
    return true
  }

  /** Writes what there is after the operations done so far into an empty folder. @param random below n */
  restore(dir: string, kind: 'whole' | 'half' | 'power', random: (n: number) => number): void {
    const last = this.operations[this.done - 1]!
    for (const folder of this.folders) mkdirSync(path.join(dir, folder), { recursive: true })
    for (const [name, inode] of this.names) {
      const content = this.contents.get(inode)!
      let { bytes } = content
      if (kind === 'half' && last.kind === 'write' && last.inode === inode) bytes = bytes.subarray(0, bytes.length - 1 - random(last.bytes.length))
      if (kind === 'power') {
        const kept = content.synced + random(bytes.length - content.synced + 1)
        const what = random(3)
        // Nothing beyond the sync, a part of it, or the length without the bytes.
        if (what === 0) bytes = bytes.subarray(0, content.synced)
        else if (what === 1) bytes = bytes.subarray(0, kept)
        else bytes = Buffer.concat([bytes.subarray(0, kept), Buffer.alloc(bytes.length - kept)])
      }
      const file = path.join(dir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, bytes)
    }
  }

  private apply(o: Operation): void {
    const at = this.done + 1
    switch (o.kind) {
      case 'make': {
        this.names.set(o.name, o.inode)
        const content = this.contents.get(o.inode)
        if (content === undefined) this.contents.set(o.inode, { bytes: Buffer.alloc(0), synced: 0, lengths: [] })
        else if (o.empty) cut(content, 0, at)
        return
      }
      case 'write': {
        const content = this.contents.get(o.inode)!
        const position = o.position ?? content.bytes.length
        if (position < content.bytes.length) cut(content, position, at)
        content.bytes = Buffer.concat([content.bytes, o.bytes])
        content.lengths.push([at, content.bytes.length])
        return
      }
      case 'truncate': return cut(this.contents.get(o.inode)!, o.length, at)
      case 'sync': {
        const content = this.contents.get(o.inode)!
        content.synced = Math.min(content.bytes.length, content.lengths.findLast(([when]) => when <= o.until)?.[1] ?? 0)
        return
      }
      case 'rename': {
        renamed(this.names, o.from, o.to)
        for (const folder of Array.from(this.folders)) {
          if (folder !== o.from && !folder.startsWith(`${o.from}/`)) continue
          this.folders.delete(folder)
          this.folders.add(o.to + folder.slice(o.from.length))
        }
        return
      }
      case 'link': return void this.names.set(o.to, this.names.get(o.from)!)
      case 'remove':
        this.names.delete(o.name)
        this.folders.delete(o.name)
        return
      case 'folder': this.folders.add(o.name)
    }
  }
}

function cut(content: Content, length: number, at: number): void {
  content.bytes = content.bytes.subarray(0, length)
  content.synced = Math.min(content.synced, length)
  content.lengths.push([at, length])
}

/** Gives a file, or all files of a folder, another name. */
function renamed(names: Map<string, number>, from: string, to: string): void {
  for (const [name, inode] of Array.from(names)) {
    if (name !== from && !name.startsWith(`${from}/`)) continue
    names.delete(name)
    names.set(to + name.slice(from.length), inode)
  }
}
