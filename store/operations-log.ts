import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, type EpochMs, epochMsOf } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { redactSecrets } from "../core/redact-secrets.ts";
import type { TraceContext } from "../core/trace.ts";
import { type Operation, parseOperation, storedOperation } from "./operation.ts";
import type { StateStore, StateWrite } from "./state-store.ts";

const COLLECTION = "operations";

export const OPERATIONS_LIMITS = {
  /** The oldest go first. */
  entries: 100_000,
  days: 400,
  /** Of `before`, `after` and the like. */
  textChars: 500,
} as const;

/** Read or removed before others have their turn. */
const SLICE = 200;
const DAY_MS = 86_400_000;

/** What is known before it is done. */
export type BegunOperation = Pick<Operation, "who" | "role" | "from" | "what"> & { readonly trace: TraceContext };

/** What is known afterwards. */
export type EndedOperation = Pick<
  Operation,
  "outcome" | "status" | "code" | "cluster" | "element" | "before" | "after"
>;

export interface OperationFilter {
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly who?: string | undefined;
  /** A whole name, `snapshot.create`, or what stands before its dot. */
  readonly what?: string | undefined;
  /** Only what is older than the operation of this id. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface OperationPage {
  /** The newest first. */
  readonly operations: readonly Operation[];
  /** For `after` of the next page; undefined at the end. */
  readonly next: string | undefined;
}

/**
 * Who changed what, from where. That something is about to be done is durable before it is done, and how it went before it is answered: of
 * what was killed in between, an entry `begun` stays. What cannot be written down is not done.
 */
export class OperationsLog {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onWritten: (operation: Operation) => void;
  readonly #open = new Map<string, Operation>();

  /** `onWritten` is told of each state of an entry when it is durable. */
  constructor(
    store: StateStore,
    deps: { readonly clock: Clock; readonly log: Log; readonly onWritten?: (operation: Operation) => void },
  ) {
    this.#store = store;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#onWritten = deps.onWritten ?? (() => {});
  }

  /** Durable when it returns. Errors: those of `StateStore.commit`; nothing is to be done then. */
  begin({ who, role, from, what, trace }: BegunOperation): string {
    const at = this.#clock.now();
    const id = `${timeKey(at)}-${trace.spanId}`;
    this.#put({ id, at, who, role, from, what, traceId: trace.traceId, outcome: "begun" });
    return id;
  }

  /** Durable when it returns; when that cannot be, the entry stays `begun`, which is said in the log. */
  end(id: string, ended: EndedOperation): void {
    const begun = this.#open.get(id);
    if (begun === undefined) return;
    this.#open.delete(id);
    const { before, after } = ended;
    const durationMs = this.#clock.now() - begun.at;
    try {
      this.#put({ ...begun, ...ended, before: short(before), after: short(after), durationMs });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const { traceId, what } = begun;
      this.#log.error({ trace_id: traceId, what, code: error.code, detail: error.message }, "operation not ended");
    }
  }

  #put(operation: Operation): void {
    this.#store.commit([{ collection: COLLECTION, key: operation.id, document: storedOperation(operation) }]);
    if (operation.outcome === "begun") this.#open.set(operation.id, operation);
    this.#onWritten(operation);
  }

  /** Errors: `store.damaged`, `store.unavailable`. */
  async page({ from, to, who, what, after, limit }: OperationFilter): Promise<OperationPage> {
    const isAsked = (operation: Operation): boolean =>
      (who === undefined || operation.who === who) &&
      (what === undefined || operation.what === what || operation.what.startsWith(`${what}.`));
    const newest = to === undefined ? undefined : timeKey(epochMsOf(to + 1));
    let before = newest === undefined || (after !== undefined && after < newest) ? after : newest;
    const found: Operation[] = [];
    for (;;) {
      const range = { from: from === undefined ? undefined : timeKey(from), before, limit: SLICE };
      const slice = this.#store.page(COLLECTION, { ...range, order: "descending" });
      for (const [key, document] of slice) {
        const operation = parseOperation(key, document);
        if (!isAsked(operation)) continue;
        if (found.length === limit) return { operations: found, next: found.at(-1)?.id };
        found.push(operation);
      }
      if (slice.length < SLICE) return { operations: found, next: undefined };
      before = slice.at(-1)?.[0];
      await nextTurn();
    }
  }

  /** Removes what is too old or too much. Errors: those of the store. */
  async tidy(): Promise<void> {
    const oldest = timeKey(epochMsOf(Math.max(0, this.#clock.now() - OPERATIONS_LIMITS.days * DAY_MS)));
    for (;;) {
      const excess = Math.max(0, this.#store.size(COLLECTION) - OPERATIONS_LIMITS.entries);
      const slice = this.#store.page(COLLECTION, { limit: SLICE, order: "ascending" });
      const gone = slice.filter(([key], i) => i < excess || key < oldest);
      if (gone.length === 0) return;
      this.#store.commit(gone.map(([key]): StateWrite => ({ collection: COLLECTION, key, document: undefined })));
      if (gone.length < SLICE) return;
      await nextTurn();
    }
  }
}

/** Sorts as its number does. */
function timeKey(at: EpochMs): string {
  return String(Math.max(0, Math.floor(at))).padStart(15, "0");
}

function short(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const clean = redactSecrets(text.slice(0, 4 * OPERATIONS_LIMITS.textChars));
  return clean.length > OPERATIONS_LIMITS.textChars ? `${clean.slice(0, OPERATIONS_LIMITS.textChars - 1)}…` : clean;
}
