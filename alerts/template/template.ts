/**
 * The part of Go's text/template that alert rules use: actions with `$labels.x`, `$value`, literals, pipelines,
 * function calls, `if / else if / else / end`, comments and trim marks.
 * Source: https://pkg.go.dev/text/template and prometheus/template/template.go.
 */
export interface Template {
  /** As written in the rule file. */
  readonly source: string;
  readonly parts: readonly Part[];
}

export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly value: Expression }
  | { readonly kind: "if"; readonly branches: readonly Branch[]; readonly otherwise: readonly Part[] };

export interface Branch {
  readonly condition: Expression;
  readonly parts: readonly Part[];
}

export type Expression =
  | { readonly kind: "literal"; readonly value: TemplateValue }
  | { readonly kind: "labels" }
  | { readonly kind: "label"; readonly name: string }
  | { readonly kind: "sample_value" }
  | { readonly kind: "external_url" }
  | { readonly kind: "call"; readonly function: string; readonly args: readonly Expression[] };

export type TemplateValue = string | number | boolean;

/** What a template is filled with. */
export interface TemplateData {
  readonly labels: { readonly [name: string]: string };
  readonly value: number;
  /** Where people open the page. */
  readonly externalUrl: string;
}
