/** Whether a text is not an address that messages can be posted to. */
export function urlProblem(text: string): boolean {
  try {
    const url = new URL(text.trim())
    return (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === ''
  } catch {
    return true
  }
}

/** Whether an address is one of Discord's webhooks, so that the kind need not be chosen by hand. */
export function looksLikeDiscord(text: string): boolean {
  return /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\//.test(text.trim())
}
