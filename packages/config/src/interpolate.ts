import { readFileSync } from 'node:fs'

/** Where variables of provisioning files are looked up. */
export type Variables = (name: string) => string | undefined

/**
 * Puts values of the environment into a text, as Grafana does for its provisioning files: `$VAR`, `${VAR}`, `$__env{VAR}`, `$__file{path}`; `$$` is a dollar. What is not set is empty.
 * @throws Error when a file can't be read
 */
export function interpolated(text: string, variables: Variables): string {
  return text.replace(/\$\$|\$__env\{([^}]*)\}|\$__file\{([^}]*)\}|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g, (all, env: string | undefined, file: string | undefined, braced: string | undefined, bare: string | undefined) => {
    if (all === '$$') return '$'
    if (file !== undefined) return readSecret(file)
    return variables((env ?? braced ?? bare)!) ?? ''
  })
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (err) {
    throw new Error(`cannot read ${path}: ${(err as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (err as Error).message}`, { cause: err })
  }
}
