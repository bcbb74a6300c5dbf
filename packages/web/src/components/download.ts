/** Offers bytes as a file. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** A title as a file's name. */
export function fileName(title: string): string {
  return title.replace(/[\\/:*?"<>|\s]+/g, ' ').trim().slice(0, 80) || 'panel'
}
