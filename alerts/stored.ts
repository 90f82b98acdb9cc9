import { type EpochMs, epochMsOf } from "../core/clock.ts";
import { parseElementId } from "../core/element-id.ts";
import { isRecord, type Json } from "../core/json.ts";
import type { TraceContext } from "../core/trace.ts";
import type { IncidentRecord } from "./incident.ts";
import type { ActiveState, AlertRecord, ResolvedBecause } from "./lifecycle/alert-record.ts";
import type { Delivery } from "./notify/delivery.ts";

/** How records are kept in the StateStore. A document that does not parse means the store is damaged. */

export class StoredFormError extends Error {
  override readonly name = "StoredFormError";
}

/** JSON knows neither `undefined` nor infinities; both come back as they were. */
export function toStored(record: AlertRecord | IncidentRecord | Delivery): Json {
  return jsonOf(record);
}

function jsonOf(value: object | string | number | boolean): Json {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object") return value;
  const document: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value)) if (member !== undefined) document[name] = jsonOf(member);
  return document;
}

export function parseAlertRecord(document: Json): AlertRecord {
  const fields = new Fields(document);
  return {
    id: fields.text("id"),
    ruleId: fields.text("ruleId"),
    group: fields.text("group"),
    rule: fields.text("rule"),
    expr: fields.text("expr"),
    labels: fields.texts("labels"),
    sourceLabels: fields.texts("sourceLabels"),
    annotations: fields.texts("annotations"),
    value: fields.number("value"),
    state: parseState(fields.inner("state")),
    trace: parseTrace(fields),
    incidentId: fields.optionalText("incidentId"),
  };
}

/** Documents of before there were traces have none. */
function parseTrace(fields: Fields): TraceContext | undefined {
  if (!fields.has("trace")) return undefined;
  const trace = fields.inner("trace");
  return { traceId: trace.text("traceId"), spanId: trace.text("spanId") };
}

function parseState(fields: Fields): ActiveState {
  const since = fields.instant("since");
  if (fields.oneOf("kind", ["pending", "firing"]) === "pending") return { kind: "pending", since };
  return {
    kind: "firing",
    since,
    firedAt: fields.instant("firedAt"),
    clearSince: fields.optionalInstant("clearSince"),
  };
}

const BECAUSE: readonly ResolvedBecause[] = ["recovered", "element_deleted", "rule_changed", "rule_removed"];

export function parseIncidentRecord(document: Json): IncidentRecord {
  const fields = new Fields(document);
  const element = fields.optionalText("element");
  return {
    id: fields.text("id"),
    alertId: fields.text("alertId"),
    rule: fields.text("rule"),
    severity: fields.oneOf("severity", ["critical", "warning", "info"]),
    labels: fields.texts("labels"),
    annotations: fields.texts("annotations"),
    element: element === undefined ? undefined : parseElementId(element),
    cluster: fields.optionalText("cluster"),
    value: fields.number("value"),
    startedAt: fields.instant("startedAt"),
    resolvedAt: fields.optionalInstant("resolvedAt"),
    resolvedBecause: fields.has("resolvedBecause") ? fields.oneOf("resolvedBecause", BECAUSE) : undefined,
    acknowledgedAt: fields.optionalInstant("acknowledgedAt"),
    acknowledgedBy: fields.optionalText("acknowledgedBy"),
    acknowledgedTraceId: fields.optionalText("acknowledgedTraceId"),
    trace: parseTrace(fields),
  };
}

export function parseDelivery(document: Json): Delivery {
  const fields = new Fields(document);
  return {
    sequence: fields.number("sequence"),
    incidentId: fields.text("incidentId"),
    receiver: fields.text("receiver"),
    event: fields.oneOf("event", ["fired", "resolved"]),
    at: fields.instant("at"),
    state: fields.oneOf("state", ["waiting", "sent", "given_up"]),
    attempts: fields.number("attempts"),
    notBefore: fields.instant("notBefore"),
    lastError: fields.optionalText("lastError"),
    sentAt: fields.optionalInstant("sentAt"),
  };
}

class Fields {
  readonly #document: Record<string, unknown>;

  constructor(document: unknown) {
    if (!isRecord(document)) throw new StoredFormError("not an object");
    this.#document = document;
  }

  has(name: string): boolean {
    return this.#document[name] !== undefined;
  }

  inner(name: string): Fields {
    return new Fields(this.#document[name]);
  }

  text(name: string): string {
    const value = this.#document[name];
    if (typeof value !== "string") throw new StoredFormError(`${name} is not a text`);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  number(name: string): number {
    const value = this.#document[name];
    if (typeof value === "number") return value;
    if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
    throw new StoredFormError(`${name} is not a number`);
  }

  instant(name: string): EpochMs {
    return epochMsOf(this.number(name));
  }

  optionalInstant(name: string): EpochMs | undefined {
    return this.has(name) ? this.instant(name) : undefined;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const found = allowed.find((value) => value === this.#document[name]);
    if (found === undefined) throw new StoredFormError(`${name} is none of ${allowed.join(", ")}`);
    return found;
  }

  texts(name: string): { readonly [name: string]: string } {
    const fields = this.inner(name);
    return Object.fromEntries(Object.keys(fields.#document).map((key) => [key, fields.text(key)]));
  }
}
