import { randomUUID } from 'node:crypto'

/** A form with a JSON part and one PNG, as Discord takes files. @see discord-api-docs reference.mdx "Uploading Files" */
export function multipart(json: string, filename: string, png: Uint8Array): { readonly contentType: string; readonly bytes: Uint8Array } {
  const boundary = `haechi-${randomUUID()}`
  const bytes = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json\r\n\r\n${json}\r\n`
      + `--${boundary}\r\nContent-Disposition: form-data; name="files[0]"; filename="${filename}"\r\nContent-Type: image/png\r\n\r\n`),
    png, Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes }
}
