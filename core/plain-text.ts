/** Text that every log, terminal and card can show on one line: well-formed Unicode without control characters. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}

/** The text with a replacement character for whatever is not plain. */
export function toPlainText(text: string): string {
  return text.toWellFormed().replace(/\p{Cc}/gu, "\ufffd");
}
