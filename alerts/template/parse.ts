import { parsePipeline } from "./pipeline.ts";
import type { Branch, Part, Template } from "./template.ts";
import { TemplateError, type Token, tokensOf } from "./tokens.ts";

const MAX_TEMPLATE_LENGTH = 10_000;

/** Deeper nesting is nobody's intention. */
const MAX_DEPTH = 20;

/**
 * Parses the text of a label or an annotation. Unsupported constructs are found here, not when the alert fires.
 * Errors: TemplateError with a message that names the construct.
 */
export function parseTemplate(source: string): Template {
  if (source.length > MAX_TEMPLATE_LENGTH) {
    throw new TemplateError(`the text is longer than ${MAX_TEMPLATE_LENGTH} characters`);
  }
  const pieces = piecesOf(source);
  const block = parseBlock(pieces, 0, 0);
  if (block.stop !== undefined) throw new TemplateError(`{{ ${block.stop.keyword} }} without an {{ if }}`);
  return { source, parts: block.parts };
}

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly tokens: readonly Token[] };

/** Text and actions in turn; comments are dropped and `{{-`, `-}}` eat the white space next to them. */
function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  while (at <= source.length) {
    const open = source.indexOf("{{", at);
    const textEnd = open < 0 ? source.length : open;
    const trimsBefore = open >= 0 && /^\{\{-\s/.test(source.slice(open, open + 4));
    let text = source.slice(at, textEnd);
    if (trimNext) text = text.trimStart();
    if (trimsBefore) text = text.trimEnd();
    if (text !== "") pieces.push({ kind: "text", text });
    if (open < 0) break;
    const close = closeOf(source, open + 2);
    const inner = source.slice(open + (trimsBefore ? 3 : 2), close);
    trimNext = /\s-$/.test(inner);
    const action = (trimNext ? inner.slice(0, -1) : inner).trim();
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) pieces.push({ kind: "action", tokens: tokensOf(action) });
    at = close + 2;
  }
  return pieces;
}

/** Where `}}` closes an action; quotes may hold `}}` of their own. */
function closeOf(source: string, from: number): number {
  const pattern = /\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|\}\}/g;
  pattern.lastIndex = from;
  for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
    if (match[0] === "}}") return match.index;
  }
  throw new TemplateError("{{ without }}");
}

interface Block {
  readonly parts: readonly Part[];
  readonly next: number;
  /** The action that ended the block; undefined at the end of the text. */
  readonly stop: { readonly keyword: "else" | "end"; readonly tokens: readonly Token[] } | undefined;
}

function parseBlock(pieces: readonly Piece[], from: number, depth: number): Block {
  if (depth > MAX_DEPTH) throw new TemplateError(`{{ if }} nested deeper than ${MAX_DEPTH}`);
  const parts: Part[] = [];
  for (let i = from; i < pieces.length; i++) {
    const piece = pieces[i];
    if (piece === undefined) break;
    if (piece.kind === "text") {
      parts.push(piece);
      continue;
    }
    const [first, ...rest] = piece.tokens;
    const keyword = first?.kind === "word" ? first.text : undefined;
    if (keyword === "else" || keyword === "end") return { parts, next: i + 1, stop: { keyword, tokens: rest } };
    if (keyword === "if") {
      const { part, next } = parseIf(pieces, { tokens: rest, from: i + 1, depth });
      parts.push(part);
      i = next - 1;
      continue;
    }
    parts.push({ kind: "value", value: parsePipeline(piece.tokens) });
  }
  return { parts, next: pieces.length, stop: undefined };
}

function parseIf(
  pieces: readonly Piece[],
  start: { readonly tokens: readonly Token[]; readonly from: number; readonly depth: number },
): { part: Part; next: number } {
  const branches: Branch[] = [];
  let condition = parsePipeline(start.tokens);
  let from = start.from;
  for (;;) {
    const block = parseBlock(pieces, from, start.depth + 1);
    branches.push({ condition, parts: block.parts });
    from = block.next;
    if (block.stop === undefined) throw new TemplateError("{{ if }} without {{ end }}");
    if (block.stop.keyword === "end") return { part: { kind: "if", branches, otherwise: [] }, next: from };
    const [first, ...rest] = block.stop.tokens;
    if (first === undefined) break;
    if (first.kind !== "word" || first.text !== "if") throw new TemplateError("{{ else }} may only be followed by if");
    condition = parsePipeline(rest);
  }
  const otherwise = parseBlock(pieces, from, start.depth + 1);
  if (otherwise.stop?.keyword !== "end") throw new TemplateError("{{ else }} without {{ end }}");
  return { part: { kind: "if", branches, otherwise: otherwise.parts }, next: otherwise.next };
}
