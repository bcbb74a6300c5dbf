/** A cell of a CSV file (RFC 4180): quoted where it must be; what a spreadsheet would take for a formula is text. */
export function csvCell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) && !/^[+-]?(?:\d|\.\d|Infinity|NaN)/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** The bytes of a CSV file. Its mark lets spreadsheets read Korean. */
export function csvBlob(text: string): Blob {
  return new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' })
}
