// What the scripts of this folder share. They run before anything is installed: Node's own modules only.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '')

/** Ends with one sentence when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`Haechi needs Node 20.19 or newer; this is ${process.versions.node}. / Haechi는 Node 20.19 이상이 필요합니다. 지금은 ${process.versions.node}입니다.`)
  process.exit(1)
}

/** Every file below the folders (relative to the repository), sorted; build output and tests left out when asked. */
export function* files(folders, skip = /(^|\/)(node_modules|dist|test-output)(\/|$)/) {
  for (const folder of folders) {
    const path = join(root, folder)
    if (!existsSync(path)) continue
    if (!statSync(path).isDirectory()) { yield path; continue }
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = `${folder}/${entry.name}`
      if (skip.test(inner)) continue
      if (entry.isDirectory()) yield* files([inner], skip)
      else yield join(root, inner)
    }
  }
}

/** A digest of the contents of these files and folders. */
export function digest(folders, skip) {
  const hash = createHash('sha256')
  for (const path of files(folders, skip)) hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/** Whether the stamp says that the work for this digest is done. */
export function stamped(name, value) {
  const path = join(root, 'node_modules', '.haechi', name)
  return existsSync(path) && readFileSync(path, 'utf8') === value
}

/** Remembers that the work for this digest is done. */
export function stamp(name, value) {
  mkdirSync(join(root, 'node_modules', '.haechi'), { recursive: true })
  writeFileSync(join(root, 'node_modules', '.haechi', name), value)
}

/** Does some work while no other process does work of this name; the others wait. A lock whose owner died is taken over. */
export async function locked(name, work) {
  const path = join(root, 'node_modules', '.haechi', `${name}.lock`)
  mkdirSync(join(root, 'node_modules', '.haechi'), { recursive: true })
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      break
    } catch (err) {
      if (err.code !== 'EEXIST') throw err
      if (!ownerLives(path)) rmSync(path, { force: true })
      else await new Promise(resolve => { setTimeout(resolve, 200) })
    }
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function ownerLives(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    // Just made: its owner has not written its number yet.
    if (pid === 0) return true
    process.kill(pid, 0)
    return true
  } catch (err) {
    return err.code === 'EPERM'
  }
}

/** Runs a command in the repository with its output shown; resolves to its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32', ...options })
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
}

/** Installs the dependencies named by the lock file, once per lock file. */
export function install() {
  requireNode()
  const want = digest(['package-lock.json', 'package.json'])
  if (stamped('installed', want) && existsSync(join(root, 'node_modules', 'rolldown'))) return
  console.log('haechi: installing dependencies (first time: about a minute) …')
  const done = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (done.status !== 0) {
    console.error('haechi: installing failed; the lines above say why. Once it is mended, run the same command again.')
    process.exit(1)
  }
  stamp('installed', want)
}
