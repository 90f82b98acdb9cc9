import { type EpochMs, epochMsOf } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import { isRecord, type Json } from "../core/json.ts";

/** `begun`: nobody can say how it went. `refused`: the caller could have known better. `failed`: something of ours broke. */
export const OPERATION_OUTCOMES = ["begun", "done", "refused", "failed"] as const;
export type OperationOutcome = (typeof OPERATION_OUTCOMES)[number];

/** One change made by a person or a repair. */
export interface Operation {
  /** Sorts by time. */
  readonly id: string;
  readonly at: EpochMs;
  /** As tokens are called in the configuration; `local` for whoever is on the machine when there are none. */
  readonly who: string;
  readonly role: string;
  /** The address it was asked from. */
  readonly from: string;
  /** `incident.acknowledge`: what it was done to, and what. */
  readonly what: string;
  readonly traceId: string;
  readonly outcome: OperationOutcome;
  /** What was answered, as HTTP counts. */
  readonly status?: number | undefined;
  /** Of the problem that was answered. */
  readonly code?: string | undefined;
  readonly cluster?: string | undefined;
  /** What it was done to: an element, an incident, a snapshot. */
  readonly element?: string | undefined;
  /** In short. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly durationMs?: number | undefined;
}

export function storedOperation({ id: _key, ...operation }: Operation): Json {
  return Object.fromEntries(Object.entries(operation).filter(([, value]) => value !== undefined));
}

/** Errors: `store.damaged`. */
export function parseOperation(id: string, document: Json): Operation {
  const fields = isRecord(document) ? document : {};
  const { at } = fields;
  const outcome = OPERATION_OUTCOMES.find((known) => known === fields.outcome);
  if (typeof at !== "number" || outcome === undefined) throw damaged(id);
  const text = (name: string): string => {
    const value = fields[name];
    if (typeof value !== "string") throw damaged(id);
    return value;
  };
  const some = (name: string): string | undefined => (fields[name] === undefined ? undefined : text(name));
  const number = (name: string): number | undefined => {
    const value = fields[name];
    return typeof value === "number" ? value : undefined;
  };
  return {
    id,
    at: epochMsOf(at),
    who: text("who"),
    role: text("role"),
    from: text("from"),
    what: text("what"),
    traceId: text("traceId"),
    outcome,
    status: number("status"),
    code: some("code"),
    cluster: some("cluster"),
    element: some("element"),
    before: some("before"),
    after: some("after"),
    durationMs: number("durationMs"),
  };
}

function damaged(id: string): OperatorError {
  return new OperatorError({
    code: "store.damaged",
    message: `the stored operation ${id} cannot be read`,
    hint: "put a backup of the state store in its place; logs/operations.ndjson has the operations as well",
  });
}
