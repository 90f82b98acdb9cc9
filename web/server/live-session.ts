import type { Identity } from "../../core/access.ts";
import type { Clock, EpochMs } from "../../core/clock.ts";
import { newTrace, randomBytes } from "../../core/trace.ts";

/** What a page follows. */
export interface LiveView {
  readonly cluster: string;
  /** Its elements, or the counters of its places. */
  readonly shows: "elements" | "places";
  readonly root?: string | undefined;
  readonly depth?: number | undefined;
  readonly kinds?: readonly string[] | undefined;
}

/** Who followed what, from when to when; or who was not let. */
export type LiveUse = {
  /** Of the connection. */
  readonly traceId: string;
  readonly identity: Identity | undefined;
  readonly from: string;
} & (
  | { readonly kind: "began"; readonly view: LiveView; readonly startedAt: EpochMs }
  | { readonly kind: "ended"; readonly view: LiveView; readonly startedAt: EpochMs; readonly durationMs: number }
  | { readonly kind: "refused"; readonly code: string }
);

interface LiveCaller {
  readonly identity: Identity | undefined;
  readonly from: string;
}

/** One connection of a page: tells each view that it begins and ends to follow. */
export class LiveSession {
  readonly #caller: LiveCaller;
  readonly #clock: Clock;
  readonly #tell: (use: LiveUse) => void;
  readonly #traceId = newTrace(randomBytes).traceId;
  #current: { readonly view: LiveView; readonly startedAt: EpochMs; readonly startMs: number } | undefined;

  constructor(caller: LiveCaller, { clock, tell }: { readonly clock: Clock; tell(use: LiveUse): void }) {
    this.#caller = caller;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** What it follows now; undefined: nothing any more. One that asks for the same again goes on with it. */
  follow(view: LiveView | undefined): void {
    const before = this.#current;
    if (JSON.stringify(before?.view) === JSON.stringify(view)) return;
    const from = { ...this.#caller, traceId: this.#traceId };
    if (before !== undefined) {
      const durationMs = this.#clock.monotonicMs() - before.startMs;
      this.#tell({ ...from, kind: "ended", view: before.view, startedAt: before.startedAt, durationMs });
    }
    this.#current = view && { view, startedAt: this.#clock.now(), startMs: this.#clock.monotonicMs() };
    if (this.#current !== undefined) this.#tell({ ...from, kind: "began", ...this.#current });
  }

  refuse(code: string): void {
    this.#tell({ ...this.#caller, traceId: this.#traceId, kind: "refused", code });
  }
}
