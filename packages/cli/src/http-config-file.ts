import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseFields } from '@haechi/model'
import { HttpClient, httpConfig } from '@haechi/scrape'

/**
 * The client that a file of HTTP settings describes (`--http.config.file`, as promtool takes it); the caller closes it.
 * @throws Error of the file system; ConfigError
 */
export async function httpClientOf(file: string, cwd: string): Promise<HttpClient> {
  const fields = parseFields(await readFile(resolve(cwd, file), 'utf8'), file)
  const client = new HttpClient(httpConfig(fields), Date.now)
  fields.done()
  return client
}
