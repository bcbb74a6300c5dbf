/** The letter of a query, as in Grafana: A, B, … */
export function queryLetter(i: number): string {
  return String.fromCodePoint(65 + (i % 26))
}
