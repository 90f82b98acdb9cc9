import type { Predicate } from "./predicate.ts";

/** A step of a traversal with its arguments checked. */
export type Step = StepBody & { readonly name: string; readonly position: number };

export type StepBody =
  /** Back to the whole graph, as `G.V()….As('a').G.V()…` */
  | { readonly kind: "graph" }
  | { readonly kind: "all"; readonly of: "nodes" | "edges"; readonly filter: Filter }
  | { readonly kind: "filter"; readonly filter: Filter }
  | { readonly kind: "adjacent"; readonly direction: Direction; readonly filter: Filter }
  | { readonly kind: "adjacent edges"; readonly direction: Direction; readonly filter: Filter }
  /** `in`: the end an edge comes from, as Skydive has it. */
  | { readonly kind: "ends"; readonly direction: Direction; readonly filter: Filter }
  | { readonly kind: "kin"; readonly direction: Direction; readonly over: Filter; readonly depth: number }
  | { readonly kind: "shortest path"; readonly to: Filter; readonly over: Filter }
  | { readonly kind: "dedup"; readonly keys: readonly string[] }
  | { readonly kind: "at"; readonly moment: string }
  | { readonly kind: "diff"; readonly from: string; readonly to: string }
  | { readonly kind: "count" }
  /** From the `from`-th, counted from 0, up to and without the `to`-th. */
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "sort"; readonly isDescending: boolean; readonly key: string }
  | { readonly kind: "values"; readonly key: string }
  | { readonly kind: "value map"; readonly keys: readonly string[] }
  | { readonly kind: "keys" }
  | { readonly kind: "sum"; readonly key: string }
  | { readonly kind: "sub graph" }
  | { readonly kind: "as"; readonly label: string }
  | { readonly kind: "select"; readonly labels: readonly string[] };

export type Direction = "out" | "in" | "both";

/** All conditions, or one of them; without conditions everything passes. */
export interface Filter {
  readonly needs: "all" | "one";
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly key: string;
  readonly predicate: Predicate;
}

export const EVERYTHING: Filter = { needs: "all", conditions: [] };
