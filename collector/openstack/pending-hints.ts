import type { ChangedKind } from "./notifications/hint.ts";

/** What a look is at: `ports-of` names machines and routers whose ports may be others now; `everything` is a round of its own. */
export type LookKind = ChangedKind | "ports-of" | "everything";

/** What is to be looked at of one kind. */
export interface Hinted {
  readonly ids: ReadonlySet<string>;
  /** Something of the kind changed and nobody says what, or too much did to remember each. */
  readonly all: boolean;
}

export type Hints = ReadonlyMap<LookKind, Hinted>;

/** Something to look at, later: `id` undefined is one of the kind, not said which. */
export interface Later {
  readonly kind: LookKind;
  readonly id: string | undefined;
}

interface Waiting {
  readonly ids: Set<string>;
  all: boolean;
  readonly sinceMs: number;
}

interface Rest {
  readonly gapMs: number;
  /** And at least so many times as long as the look itself took. */
  readonly times: number;
}

/** Notifications of one act come together: they are looked at together. */
const COLLECT_MS = 100;
/** Ids of one kind that are remembered; past these all of the kind is looked at. */
const MOST_IDS = 5_000;

const SOON: Rest = { gapMs: 500, times: 0.5 };
/** One answer, of all there are. */
const LIST: Rest = { gapMs: 5_000, times: 4 };
const WHOLE: Rest = { gapMs: 15_000, times: 4 };

const RESTS: { readonly [kind in LookKind]?: Rest } = {
  "compute-service": LIST,
  aggregate: LIST,
  hypervisor: WHOLE,
  project: WHOLE,
  everything: WHOLE,
};

/** Hints that wait for their look: each id once, a bounded number, and with a least distance between the looks at one kind. */
export class PendingHints {
  readonly #waiting = new Map<LookKind, Waiting>();
  readonly #looked = new Map<LookKind, { readonly endMs: number; readonly tookMs: number }>();

  add({ kind, id }: Later, nowMs: number): void {
    let waiting = this.#waiting.get(kind);
    if (waiting === undefined) {
      waiting = { ids: new Set(), all: false, sinceMs: nowMs };
      this.#waiting.set(kind, waiting);
    }
    if (id === undefined || (waiting.ids.size >= MOST_IDS && !waiting.ids.has(id))) {
      waiting.all = true;
      waiting.ids.clear();
    } else if (!waiting.all) waiting.ids.add(id);
  }

  /** When the next look is due: of everything, or of the others. Undefined: nothing waits. */
  dueMs(of: "everything" | "others"): number | undefined {
    let dueMs: number | undefined;
    for (const [kind, waiting] of this.#waiting) {
      if ((kind === "everything") !== (of === "everything")) continue;
      const own = this.#dueOf(kind, waiting);
      dueMs = dueMs === undefined ? own : Math.min(dueMs, own);
    }
    return dueMs;
  }

  /** All but `everything` that is due; it waits no more. */
  take(nowMs: number): Hints {
    const taken = new Map<LookKind, Hinted>();
    for (const [kind, waiting] of this.#waiting) {
      if (kind === "everything" || this.#dueOf(kind, waiting) > nowMs) continue;
      taken.set(kind, waiting);
      this.#waiting.delete(kind);
    }
    return taken;
  }

  /** A round begins that looks at everything. */
  takeEverything(): void {
    this.#waiting.delete("everything");
  }

  /** A look failed: what it was to see waits again. */
  giveBack(hints: Hints, nowMs: number): void {
    for (const [kind, { ids, all }] of hints) {
      if (all) this.add({ kind, id: undefined }, nowMs);
      for (const id of ids) this.add({ kind, id }, nowMs);
    }
  }

  /** A look at these kinds is over: the next one waits. */
  looked(kinds: Iterable<LookKind>, startMs: number, endMs: number): void {
    for (const kind of kinds) this.#looked.set(kind, { endMs, tookMs: endMs - startMs });
  }

  #dueOf(kind: LookKind, { sinceMs, all }: Waiting): number {
    const collectedMs = sinceMs + COLLECT_MS;
    const looked = this.#looked.get(kind);
    if (looked === undefined) return collectedMs;
    const { gapMs, times } = RESTS[kind] ?? (all ? LIST : SOON);
    return Math.max(collectedMs, looked.endMs + Math.max(gapMs, times * looked.tookMs));
  }
}
