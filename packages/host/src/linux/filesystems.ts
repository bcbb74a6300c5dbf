import { statfs, statfsSync } from 'node:fs'
import type { StatsFs } from 'node:fs'
import type { Collector } from '../collector.ts'
import type { MetricBuffer } from '../metric-buffer.ts'
import type { SystemFiles } from '../system-files.ts'

/** node_exporter's default exclusions. */
const IGNORED_MOUNTS = /^\/(?:dev|proc|run\/credentials\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)(?:$|\/)/
const IGNORED_TYPES = /^(?:autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$/
/** File systems behind which stands a server or a program, and which may therefore never answer. */
const REMOTE_TYPES = /^(?:nfs.*|cifs|smb.*|fuse.*|9p|ceph|afs|glusterfs|lustre|beegfs|ncpfs|virtiofs)$/
/** After so long without an answer a mount counts as stuck. */
const STUCK_MS = 5000

interface Mount {
  readonly device: string
  readonly mountpoint: string
  readonly fstype: string
  readonly major: string
  readonly minor: string
  readonly readonly: boolean
}

/** Figures of one file system, or why there are none. */
type Figures = StatsFs | string

/**
 * Sizes of mounted file systems. Local ones are asked directly. Remote ones are asked in the background, one at a time because an answer that never comes
 * holds a thread of the process, and shown with their last figures.
 *
 * @see node_exporter `collector/filesystem_linux.go`
 */
export class FilesystemCollector implements Collector {
  readonly name = 'filesystem'
  readonly #files: SystemFiles
  readonly #nowMs: () => number
  readonly #remote = new Map<string, Figures>()
  #asking: { readonly mountpoint: string; readonly sinceMs: number } | undefined

  constructor(files: SystemFiles, nowMs: () => number) {
    this.#files = files
    this.#nowMs = nowMs
  }

  collect(out: MetricBuffer): void {
    const seen = new Set<string>()
    const remote: Mount[] = []
    for (const mount of this.#mounts()) {
      if (IGNORED_MOUNTS.test(mount.mountpoint) || IGNORED_TYPES.test(mount.fstype)) continue
      const key = `${mount.device}\n${mount.mountpoint}\n${mount.fstype}`
      if (seen.has(key)) continue
      seen.add(key)
      if (REMOTE_TYPES.test(mount.fstype)) remote.push(mount)
      else writeFigures(out, mount, this.#ask(mount))
    }
    for (const mount of remote) {
      const figures = this.#isStuck(mount) ? 'mountpoint timeout' : this.#remote.get(mount.mountpoint)
      if (figures !== undefined) writeFigures(out, mount, figures)
    }
    this.#askRemote(remote)
  }

  #mounts(): Mount[] {
    const { proc } = this.#files
    // That of process 1 shows the machine's mounts, not those of a sandbox that this process may be in.
    const text = this.#files.tryRead(`${proc}/1/mountinfo`) ?? this.#files.read(`${proc}/self/mountinfo`)
    return text.split('\n').flatMap(line => {
      const parsed = parseMount(line)
      return parsed === undefined ? [] : [parsed]
    })
  }

  #ask(mount: Mount): Figures {
    try {
      return statfsSync(this.#files.root + mount.mountpoint)
    } catch (err) {
      return errorText(err)
    }
  }

  #isStuck(mount: Mount): boolean {
    return this.#asking?.mountpoint === mount.mountpoint && this.#nowMs() - this.#asking.sinceMs >= STUCK_MS
  }

  /** Starts a round through the remote mounts unless one is under way. */
  #askRemote(mounts: readonly Mount[]): void {
    const present = new Set(mounts.map(m => m.mountpoint))
    for (const mountpoint of this.#remote.keys()) if (!present.has(mountpoint)) this.#remote.delete(mountpoint)
    if (this.#asking !== undefined) return
    const queue = [...present]
    const next = (): void => {
      const mountpoint = queue.shift()
      this.#asking = mountpoint === undefined ? undefined : { mountpoint, sinceMs: this.#nowMs() }
      if (mountpoint === undefined) return
      statfs(this.#files.root + mountpoint, (err, figures) => {
        this.#remote.set(mountpoint, err === null ? figures : errorText(err))
        next()
      })
    }
    next()
  }
}

/** A line of mountinfo: `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`. */
function parseMount(line: string): Mount | undefined {
  const [before, after] = line.split(' - ')
  const [, , numbers, , mountpoint, options] = before!.split(' ')
  const [fstype, device, superOptions] = after?.split(' ') ?? []
  if (numbers === undefined || mountpoint === undefined || fstype === undefined || device === undefined) return undefined
  const [major, minor] = numbers.split(':') as [string, string]
  const flags = `${options},${superOptions}`.split(',')
  return {
    device: unescaped(device), mountpoint: unescaped(mountpoint), fstype, major, minor, readonly: flags.includes('ro') || flags.includes('emergency_ro'),
  }
}

/** Spaces and the like stand as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

const ERROR_TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied', EPERM: 'operation not permitted', ENOENT: 'no such file or directory', ENOTCONN: 'transport endpoint is not connected', ESTALE: 'stale NFS file handle',
  EIO: 'input/output error', EHOSTDOWN: 'host is down', ETIMEDOUT: 'connection timed out', ENODEV: 'no such device',
}

function errorText(err: unknown): string {
  const code = String((err as { code?: unknown }).code)
  return ERROR_TEXTS[code] ?? code
}

/** Writes the families of one file system. */
export function writeFigures(out: MetricBuffer, mount: Mount, figures: Figures): void {
  const failed = typeof figures === 'string'
  const labels = ['device', mount.device, 'device_error', failed ? figures : '', 'fstype', mount.fstype, 'mountpoint', mount.mountpoint]
  out.gauge('node_filesystem_device_error', 'Whether an error occurred while getting statistics for the given device.', failed ? 1 : 0, ...labels)
  out.gauge('node_filesystem_readonly', 'Filesystem read-only status.', mount.readonly ? 1 : 0, ...labels)
  if (failed) return
  out.gauge('node_filesystem_size_bytes', 'Filesystem size in bytes.', figures.blocks * figures.bsize, ...labels)
  out.gauge('node_filesystem_free_bytes', 'Filesystem free space in bytes.', figures.bfree * figures.bsize, ...labels)
  out.gauge('node_filesystem_avail_bytes', 'Filesystem space available to non-root users in bytes.', figures.bavail * figures.bsize, ...labels)
  out.gauge('node_filesystem_files', 'Filesystem total file nodes.', figures.files, ...labels)
  out.gauge('node_filesystem_files_free', 'Filesystem total free file nodes.', figures.ffree, ...labels)
  out.gauge('node_filesystem_purgeable_bytes', 'Filesystem space available including purgeable space (MacOS specific).', 0, ...labels)
  if (mount.major !== '') {
    out.gauge('node_filesystem_mount_info', 'Filesystem mount information.', 1, 'device', mount.device, 'major', mount.major, 'minor', mount.minor, 'mountpoint', mount.mountpoint)
  }
}
