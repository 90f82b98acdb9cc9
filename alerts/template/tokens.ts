/** What stands between `{{` and `}}`, in pieces. */
export type Token =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "word"; readonly text: string }
  /** `$labels.x` and `.Labels.x`, as written. */
  | { readonly kind: "field"; readonly text: string }
  | { readonly kind: "mark"; readonly text: "(" | ")" | "|" };

/** A construct this subset does not have, or none at all. The message names it. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

const TOKEN =
  /\s*(?:("(?:[^"\\\n]|\\.)*")|`([^`]*)`|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])|((?:\$\w*|\.)(?:\.?\w+)*)|([A-Za-z_]\w*)|([()|]))/y;

export function tokensOf(action: string): Token[] {
  const tokens: Token[] = [];
  const end = action.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(action);
    if (match === null) throw new TemplateError(`cannot read ${JSON.stringify(action.slice(from).trim())}`);
    tokens.push(tokenOf(match));
  }
  return tokens;
}

function tokenOf([all, quoted, raw, number, field, word]: RegExpExecArray): Token {
  if (quoted !== undefined) return { kind: "string", value: unquote(quoted) };
  if (raw !== undefined) return { kind: "string", value: raw };
  if (number !== undefined) return { kind: "number", value: Number(number) };
  if (field !== undefined) return { kind: "field", text: field };
  if (word !== undefined) return { kind: "word", text: word };
  const mark = all.trim();
  return { kind: "mark", text: mark === "(" ? "(" : mark === ")" ? ")" : "|" };
}

function unquote(quoted: string): string {
  try {
    const text: unknown = JSON.parse(quoted);
    return String(text);
  } catch {
    throw new TemplateError(`${quoted} has an escape other than \\n \\t \\" \\\\ \\uXXXX`);
  }
}
