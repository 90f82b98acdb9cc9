import type { Clock } from "../core/clock.ts";
import type { Element } from "../core/element.ts";
import type { Books } from "./commit-plan.ts";
import { PlaceUse } from "./derive/places.ts";
import { HostAliases } from "./host-aliases.ts";
import { LiveGraph } from "./live-graph.ts";
import { PlaceTally } from "./place-counts.ts";
import { recordingTurns } from "./recording-turns.ts";

export interface LoadOptions {
  readonly cluster: string;
  readonly store: { latest(cluster: string): AsyncIterable<readonly Element[]> };
  readonly clock: Clock;
  /** Told how many elements are loaded so far. */
  readonly onProgress?: ((elements: number) => void) | undefined;
}

export interface LoadedState {
  readonly graph: LiveGraph;
  readonly books: Books;
  readonly aliases: HostAliases;
  readonly startedAt: number;
}

/** The latest state with everything that is kept beside it. Never holds up the event loop. */
export async function loadState({ cluster, store, clock, onProgress }: LoadOptions): Promise<LoadedState> {
  const state = {
    graph: new LiveGraph(),
    books: { places: new PlaceUse(cluster), tally: new PlaceTally() },
    aliases: new HostAliases(),
    startedAt: clock.monotonicMs(),
  };
  for await (const elements of store.latest(cluster)) {
    for (let from = 0; from < elements.length; from += LOADED_AT_ONCE) {
      const part = elements.slice(from, from + LOADED_AT_ONCE);
      state.graph.load(part);
      state.books.places.load(part);
      state.books.tally.load(part);
      state.aliases.load(part);
      if (recordingTurns.isOver()) await recordingTurns.next();
    }
    onProgress?.(state.graph.size);
  }
  return state;
}

const LOADED_AT_ONCE = 256;
