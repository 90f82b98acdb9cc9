import { badQuery } from "./problem.ts";

export type Token =
  | { readonly kind: "name"; readonly text: string; readonly position: number }
  | { readonly kind: "text"; readonly text: string; readonly position: number }
  | { readonly kind: "number"; readonly number: number; readonly position: number }
  | { readonly kind: "mark"; readonly text: "." | "(" | ")" | ","; readonly position: number }
  | { readonly kind: "end"; readonly position: number };

/** Errors: `gremlin.invalid` (400). The last token is the end. */
export function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < query.length) {
    const space = /^\s+/.exec(query.slice(position, position + 1_000));
    if (space !== null) {
      position += space[0].length;
      continue;
    }
    const { token, length } = tokenAt(query, position);
    tokens.push(token);
    position += length;
  }
  return [...tokens, { kind: "end", position }];
}

function tokenAt(query: string, position: number): { readonly token: Token; readonly length: number } {
  const character = query.charAt(position);
  switch (character) {
    case ".":
    case "(":
    case ")":
    case ",":
      return { token: { kind: "mark", text: character, position }, length: 1 };
    case "'":
    case '"':
      return textAt(query, position, character);
  }
  const number = sticky(/-?\d+(\.\d+)?/y, query, position);
  if (number !== undefined) {
    return { token: { kind: "number", number: Number(number), position }, length: number.length };
  }
  const name = sticky(/[A-Za-z_]\w*/y, query, position);
  if (name !== undefined) return { token: { kind: "name", text: name, position }, length: name.length };
  throw badQuery(position, `${JSON.stringify(character)} means nothing here`);
}

/**
 * In quotes of either kind. A backslash stands before a quote or a backslash that is meant; before anything else it is
 * itself, so that `Regex('.*\.1')` reads as it looks.
 */
function textAt(query: string, start: number, quote: string): { readonly token: Token; readonly length: number } {
  let text = "";
  for (let at = start + 1; at < query.length; at++) {
    const character = query.charAt(at);
    if (character === quote) return { token: { kind: "text", text, position: start }, length: at + 1 - start };
    const escaped = character === "\\" ? query.charAt(at + 1) : "";
    if (escaped === "\\" || escaped === "'" || escaped === '"') {
      text += escaped;
      at++;
    } else {
      text += character;
    }
  }
  throw badQuery(start, `the text that begins here has no closing ${quote}`);
}

function sticky(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}
