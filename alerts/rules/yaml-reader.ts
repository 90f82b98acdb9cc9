import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { RuleProblem } from "./rule.ts";

/** Reads a YAML document piece by piece and remembers every problem with its place. */
export class YamlReader {
  readonly #problems: RuleProblem[] = [];
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
    for (const { pos, message } of this.#document.errors) this.#addAt(pos[0], message);
  }

  /** In the order of the file. */
  get problems(): readonly RuleProblem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  get root(): Node | undefined {
    return this.#document.contents ?? undefined;
  }

  add(node: Node | undefined, message: string): void {
    this.#addAt(node?.range?.[0] ?? 0, message);
  }

  #addAt(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({ path: this.#path, line: Math.max(line, 1), column: Math.max(col, 1), message });
  }

  /** The fields of a mapping; keys outside `known` are problems, unless every key is welcome. */
  fields(
    node: Node | undefined,
    what: string,
    known: readonly string[] | "any",
  ): ReadonlyMap<string, Field> | undefined {
    const map = this.#resolve(node);
    if (!isMap(map)) {
      this.add(node, `${what} must be a mapping`);
      return undefined;
    }
    const fields = new Map<string, Field>();
    for (const { key, value } of map.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (known !== "any" && !known.includes(name)) {
        this.add(key, `unknown key ${JSON.stringify(name)} in ${what}; there are ${known.join(", ")}`);
        continue;
      }
      fields.set(name, { key, value: isNode(value) ? value : undefined });
    }
    return fields;
  }

  list(node: Node | undefined, what: string): readonly Node[] {
    const seq = this.#resolve(node);
    if (isSeq(seq)) return seq.items.filter(isNode);
    if (!isEmpty(seq)) this.add(node, `${what} must be a list`);
    return [];
  }

  /** The text of any scalar, as written for numbers and booleans (`severity: 1` is "1", as for Prometheus). */
  text(node: Node | undefined, what: string): string | undefined {
    const scalar = this.#resolve(node);
    if (isScalar(scalar) && scalar.value !== null) {
      return typeof scalar.value === "string" ? scalar.value : (scalar.source ?? String(scalar.value));
    }
    this.add(node, `${what} must be a text`);
    return undefined;
  }

  #resolve(node: Node | undefined): Node | undefined {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }
}

export interface Field {
  readonly key: Node;
  readonly value: Node | undefined;
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);
}

function isEmpty(node: Node | undefined): boolean {
  return node === undefined || (isScalar(node) && node.value === null);
}
