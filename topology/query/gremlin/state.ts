import type { AttributeValue, Element, Link, Node } from "../../../core/element.ts";
import type { Change } from "../../model/change.ts";
import type { GraphSource } from "../graph-source.ts";

/** What a step leaves for the next one. */
export type State =
  | Graph
  | Nodes
  | Edges
  | { readonly kind: "values"; readonly values: readonly Shown[] }
  | { readonly kind: "count"; readonly count: number }
  | Paths
  | { readonly kind: "changes"; readonly changes: readonly Change[] };

export interface Graph {
  readonly kind: "graph";
  readonly source: GraphSource;
  readonly named: Named;
  /** Of a `SubGraph`: an answer in itself. */
  readonly elements?: readonly Element[] | undefined;
}

export interface Nodes {
  readonly kind: "nodes";
  readonly source: GraphSource;
  readonly named: Named;
  readonly elements: readonly Node[];
}

export interface Edges {
  readonly kind: "edges";
  readonly source: GraphSource;
  readonly named: Named;
  readonly elements: readonly Link[];
}

export interface Paths {
  readonly kind: "paths";
  readonly source: GraphSource;
  readonly named: Named;
  readonly paths: readonly (readonly Node[])[];
}

/** What `As` gave a name to. */
export type Named = ReadonlyMap<string, readonly Node[]>;

/** One row of `Values`, `ValueMap`, `Keys` or `Sum`. */
export type Shown = AttributeValue | { readonly [key: string]: AttributeValue };

/** What a query comes to. */
export type Answer =
  | { readonly kind: "elements"; readonly elements: readonly Element[] }
  | { readonly kind: "values"; readonly values: readonly Shown[] }
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "paths"; readonly paths: readonly (readonly Node[])[] }
  | { readonly kind: "changes"; readonly changes: readonly Change[] };
