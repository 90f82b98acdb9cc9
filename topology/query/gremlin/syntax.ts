/** A traversal as it is written: `G.V().Has('Name', Regex('tap.*')).Count()` is three calls. */
export interface Traversal {
  readonly calls: readonly Call[];
}

export interface Call {
  readonly name: string;
  readonly values: readonly Value[];
  /** Of the first character of the name in the text, from 0. */
  readonly position: number;
}

export type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: number }
  /** `NOW`, `FOREVER`, `ASC`, `DESC`, `TRUE`, `FALSE`, in capitals. */
  | { readonly kind: "word"; readonly word: string; readonly position: number }
  /** A predicate or `Metadata(…)`. */
  | { readonly kind: "call"; readonly call: Call };

/** Law: `parseTraversal(printTraversal(t))` is `t` but for positions. */
export function printTraversal({ calls }: Traversal): string {
  return ["G", ...calls.map((call) => (call.name === "G" ? "G" : printCall(call)))].join(".");
}

function printCall({ name, values }: Call): string {
  return `${name}(${values.map(printValue).join(", ")})`;
}

function printValue(value: Value): string {
  switch (value.kind) {
    case "text":
      return quoted(value.text);
    case "number":
      return String(value.number);
    case "word":
      return value.word;
    case "call":
      return printCall(value.call);
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
