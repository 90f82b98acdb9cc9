import type { ElementId } from "../../core/element-id.ts";

/**
 * What a place (`region/<r>/zone/<z>/rack/<k>`) holds, by counter: `host`, `vm`, … one for each kind of node,
 * `down` for interfaces that should be up and are not, `silent` for agents. A counter at 0 is left out.
 */
export type PlaceCounts = ReadonlyMap<ElementId, { readonly [counter: string]: number }>;

/** What a revision does to one counter of one place; never 0. */
export interface CountDelta {
  readonly place: ElementId;
  readonly counter: string;
  readonly delta: number;
}
