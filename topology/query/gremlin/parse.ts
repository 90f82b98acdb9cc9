import { badQuery } from "./problem.ts";
import type { Call, Traversal, Value } from "./syntax.ts";
import { type Token, tokensOf } from "./tokens.ts";

export const MAX_QUERY_LENGTH = 10_000;
/** Calls within calls: `Has('MTU', NE(1500))` is two deep, nothing needs more than three. */
const MAX_DEPTH = 8;

/**
 * Reads `G.V().Has('Name', 'x')` into calls; what they mean is `stepsOf`'s to say.
 * Errors: `gremlin.invalid` (400) with the position and what was expected.
 */
export function parseTraversal(query: string): Traversal {
  if (query.length > MAX_QUERY_LENGTH) {
    throw badQuery(MAX_QUERY_LENGTH, `the query is longer than ${MAX_QUERY_LENGTH} characters`);
  }
  const cursor = new Cursor(tokensOf(query));
  const start = cursor.take();
  if (!isG(start)) throw unexpected(start, "a query begins with G");
  skipEmptyParentheses(cursor);
  const calls: Call[] = [];
  for (;;) {
    const token = cursor.take();
    if (token.kind === "end") return { calls };
    if (!isMark(token, ".")) throw unexpected(token, "expected `.` and a step, or the end");
    calls.push(stepAt(cursor));
  }
}

class Cursor {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] ?? { kind: "end", position: 0 };
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }
}

function stepAt(cursor: Cursor): Call {
  const name = cursor.take();
  if (name.kind !== "name") throw unexpected(name, "expected the name of a step, such as Has or Count");
  if (isG(name)) {
    skipEmptyParentheses(cursor);
    return { name: "G", values: [], position: name.position };
  }
  return callAt(cursor, name, 1);
}

function callAt(cursor: Cursor, name: Extract<Token, { kind: "name" }>, depth: number): Call {
  if (depth > MAX_DEPTH) throw badQuery(name.position, "calls are nested too deeply");
  const opening = cursor.take();
  if (!isMark(opening, "(")) throw unexpected(opening, `expected \`(\` after ${name.text}`);
  const values: Value[] = [];
  if (isMark(cursor.peek(), ")")) cursor.take();
  else {
    for (;;) {
      values.push(valueAt(cursor, depth));
      const next = cursor.take();
      if (isMark(next, ")")) break;
      if (!isMark(next, ",")) throw unexpected(next, `expected \`,\` or \`)\` in ${name.text}(…)`);
    }
  }
  return { name: name.text, values, position: name.position };
}

function valueAt(cursor: Cursor, depth: number): Value {
  const token = cursor.take();
  switch (token.kind) {
    case "text":
      return { kind: "text", text: token.text };
    case "number":
      return { kind: "number", number: token.number };
    case "name":
      if (isMark(cursor.peek(), "(")) return { kind: "call", call: callAt(cursor, token, depth + 1) };
      return { kind: "word", word: token.text.toUpperCase(), position: token.position };
    case "mark":
    case "end":
      throw unexpected(token, "expected a text in quotes, a number or a predicate");
  }
}

function skipEmptyParentheses(cursor: Cursor): void {
  if (!isMark(cursor.peek(), "(")) return;
  cursor.take();
  const closing = cursor.take();
  if (!isMark(closing, ")")) throw unexpected(closing, "G takes nothing");
}

function isG(token: Token): boolean {
  return token.kind === "name" && token.text.toUpperCase() === "G";
}

function isMark(token: Token, text: string): boolean {
  return token.kind === "mark" && token.text === text;
}

function unexpected(token: Token, expected: string): Error {
  const found = token.kind === "end" ? "the query ends here" : `found ${shown(token)}`;
  return badQuery(token.position, `${expected}; ${found}`);
}

function shown(token: Exclude<Token, { kind: "end" }>): string {
  return token.kind === "number" ? String(token.number) : JSON.stringify(token.text.slice(0, 60));
}
