import { TEMPLATE_FUNCTIONS } from "./functions.ts";
import type { Expression } from "./template.ts";
import { TemplateError, type Token } from "./tokens.ts";

/** `term`, `function term …` and what follows a `|`; a pipe hands its left side over as the last argument. */
export function parsePipeline(tokens: readonly Token[]): Expression {
  const { expression, next } = pipelineFrom(tokens, 0);
  if (next < tokens.length) throw new TemplateError(") without (");
  return expression;
}

interface Parsed {
  readonly expression: Expression;
  readonly next: number;
}

function pipelineFrom(tokens: readonly Token[], from: number): Parsed {
  let parsed = commandFrom(tokens, from, undefined);
  while (isMark(tokens[parsed.next], "|")) parsed = commandFrom(tokens, parsed.next + 1, parsed.expression);
  return parsed;
}

function commandFrom(tokens: readonly Token[], from: number, piped: Expression | undefined): Parsed {
  const first = tokens[from];
  if (first?.kind === "word" && first.text !== "true" && first.text !== "false") {
    requireKnown(first.text);
    const args: Expression[] = [];
    let next = from + 1;
    while (next < tokens.length && !isMark(tokens[next], "|") && !isMark(tokens[next], ")")) {
      const arg = termFrom(tokens, next);
      args.push(arg.expression);
      next = arg.next;
    }
    return { expression: callOf(first.text, piped === undefined ? args : [...args, piped]), next };
  }
  const term = termFrom(tokens, from);
  const after = tokens[term.next];
  if (after !== undefined && !isMark(after, "|") && !isMark(after, ")")) {
    throw new TemplateError(`${describe(first)} is not a function and cannot be followed by ${describe(after)}`);
  }
  if (piped !== undefined) throw new TemplateError(`${describe(first)} after | is not a function`);
  return term;
}

function termFrom(tokens: readonly Token[], at: number): Parsed {
  const token = tokens[at];
  switch (token?.kind) {
    case undefined:
      throw new TemplateError("a value is missing");
    case "string":
    case "number":
      return { expression: { kind: "literal", value: token.value }, next: at + 1 };
    case "field":
      return { expression: fieldOf(token.text), next: at + 1 };
    case "word":
      if (token.text !== "true" && token.text !== "false") return { expression: callOf(token.text, []), next: at + 1 };
      return { expression: { kind: "literal", value: token.text === "true" }, next: at + 1 };
    case "mark": {
      if (token.text !== "(") throw new TemplateError(`a value is missing before ${token.text}`);
      const inner = pipelineFrom(tokens, at + 1);
      if (!isMark(tokens[inner.next], ")")) throw new TemplateError("( without )");
      return { expression: inner.expression, next: inner.next + 1 };
    }
  }
}

function fieldOf(text: string): Expression {
  const [root, name, ...more] = text.replace(/^\./, "$").replace("$Labels", "$labels").split(".");
  if (more.length === 0) {
    if (root === "$labels") return name === undefined ? { kind: "labels" } : { kind: "label", name };
    if (root === "$externalLabels" || root === "$ExternalLabels") return { kind: "literal", value: "" };
    if (name === undefined && (root === "$value" || root === "$Value")) return { kind: "sample_value" };
    if (name === undefined && (root === "$externalURL" || root === "$ExternalURL")) return { kind: "external_url" };
  }
  throw new TemplateError(`${text} is not known; there are $labels.<name>, $value and $externalURL`);
}

const ONLY_IN_PROMETHEUS = /^(range|with|define|template|block|break|continue|query|first|label|value|sortByLabel)$/;

function requireKnown(name: string): void {
  if (name === "index" || Object.hasOwn(TEMPLATE_FUNCTIONS, name)) return;
  const known = `there are if, index, ${Object.keys(TEMPLATE_FUNCTIONS).join(", ")}`;
  if (ONLY_IN_PROMETHEUS.test(name)) throw new TemplateError(`${name} is not supported here; ${known}`);
  throw new TemplateError(`function ${name} is not known; ${known}`);
}

function callOf(name: string, args: readonly Expression[]): Expression {
  requireKnown(name);
  const called = TEMPLATE_FUNCTIONS[name];
  if (called === undefined) return labelByName(args);
  if (args.length < called.minArgs || args.length > called.maxArgs) {
    const wanted = called.minArgs === called.maxArgs ? `${called.minArgs}` : `at least ${called.minArgs}`;
    throw new TemplateError(`${name} takes ${wanted} argument(s), not ${args.length}`);
  }
  const problem = called.check?.(args);
  if (problem !== undefined) throw new TemplateError(problem);
  return { kind: "call", function: name, args };
}

/** `index $labels "name"`, the way to a label whose name is not an identifier. */
function labelByName([labels, name]: readonly Expression[]): Expression {
  if (labels?.kind !== "labels" || name?.kind !== "literal" || typeof name.value !== "string") {
    throw new TemplateError('index is only supported as index $labels "name"');
  }
  return { kind: "label", name: name.value };
}

function isMark(token: Token | undefined, text: "(" | ")" | "|"): boolean {
  return token?.kind === "mark" && token.text === text;
}

function describe(token: Token | undefined): string {
  if (token === undefined) return "nothing";
  return "text" in token ? token.text : JSON.stringify(token.value);
}
