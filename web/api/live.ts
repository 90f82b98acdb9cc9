import type { Static } from "typebox";
import type { ChangeSchema, ElementSchema } from "./topology.ts";

/** socket.io namespace of live updates. */
export const LIVE_NAMESPACE = "/live";

export interface Subscribe {
  readonly cluster?: string | undefined;
  /** Only this element and what stands below it; the whole cluster when left out. */
  readonly root?: string | undefined;
  readonly at: "live";
  readonly scope?: SubscribeScope | undefined;
}

/** Left out means no bound. */
export interface SubscribeScope {
  /** As `root` beside it. Of a place (`region/…`) its hosts are part, with all that is on them. */
  readonly root?: string | undefined;
  /** Levels of `parent` below the root; 0 is the root alone. Needs a root. */
  readonly depth?: number | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** The counters of all places, in place of elements: the reply is a `CountsReply`, then come `counts`. */
  readonly aggregate?: boolean | undefined;
}

/** The state the numbered batches build upon: apply the batch with `sequence + 1` next; on a gap subscribe again. */
export type SubscribeReply =
  | {
      readonly kind: "full";
      readonly sequence: number;
      readonly cluster: string;
      readonly revision: number;
      readonly at: number;
      readonly elements: readonly Static<typeof ElementSchema>[];
    }
  | { readonly kind: "refused"; readonly code: string; readonly detail: string; readonly hint: string };

export interface LiveChanges {
  readonly sequence: number;
  readonly cluster: string;
  readonly revision: number;
  readonly at: number;
  readonly changes: readonly Static<typeof ChangeSchema>[];
}

/** Counters by place: one for each kind of node, `down`, `silent`; what is 0 is left out. */
export interface CountsReply {
  readonly kind: "counts";
  readonly sequence: number;
  readonly cluster: string;
  readonly revision: number;
  readonly at: number;
  readonly places: { readonly [place: string]: { readonly [counter: string]: number } };
}

export interface LiveCounts {
  readonly sequence: number;
  readonly cluster: string;
  readonly revision: number;
  readonly at: number;
  readonly deltas: readonly { readonly place: string; readonly counter: string; readonly delta: number }[];
}

export interface LiveServerToPage {
  changes(batch: LiveChanges): void;
  counts(batch: LiveCounts): void;
  /** The server dropped this subscriber's queue because it was too slow: subscribe again. */
  resync(): void;
  /** Incidents changed: fetch them again. */
  incidents(): void;
}

export interface LivePageToServer {
  subscribe(request: Subscribe, reply: (reply: SubscribeReply) => void): void;
}
