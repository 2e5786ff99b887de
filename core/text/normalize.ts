/**
 * What happens to a text before it is cut: a lone surrogate becomes U+FFFD (segmenters take UTF-8), and control
 * characters become spaces. Nothing else changes: width, case and script are the model's to see.
 */
export function normalizeText(text: string): string {
  return text.toWellFormed().replace(/\p{Cc}/gu, ' ');
}
