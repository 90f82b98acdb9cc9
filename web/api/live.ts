import type { Static } from "typebox";
import type { ChangeSchema, ElementSchema } from "./topology.ts";

/** socket.io namespace of live updates. */
export const LIVE_NAMESPACE = "/live";

export interface Subscribe {
  readonly cluster?: string | undefined;
  /** Only this element and what stands below it; the whole cluster when left out. */
  readonly root?: string | undefined;
  readonly at: "live";
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

export interface LiveServerToPage {
  changes(batch: LiveChanges): void;
  /** The server dropped this subscriber's queue because it was too slow: subscribe again. */
  resync(): void;
  /** Incidents changed: fetch them again. */
  incidents(): void;
}

export interface LivePageToServer {
  subscribe(request: Subscribe, reply: (reply: SubscribeReply) => void): void;
}
