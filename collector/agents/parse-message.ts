import {
  AGENT_PROTOCOL_VERSION,
  type Changes,
  type FullState,
  type Hello,
  MAX_ELEMENTS_PER_BATCH,
  type Refusal,
  type VolatileState,
} from "../../core/agent-protocol.ts";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type Attributes, type Element, isLink } from "../../core/element.ts";
import { type ElementId, isHostName, MAX_HOST_SEGMENT_LENGTH, parseElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import { isPlainText } from "../../core/plain-text.ts";
import { parseAttributes, parseElement } from "../../topology/model/parse-element.ts";

/** A message as the session uses it, or the refusal that answers it. */
export type Parsed<T> = { readonly kind: "ok"; readonly value: T } | Refusal;

/** `elements` of a full state that spans several messages; more parts than this are refused. */
const MAX_PARTS = 1_000;
const MAX_TEXT_LENGTH = 253;

export function parseHello(message: unknown): Parsed<Hello> {
  if (!isRecord(message)) return invalid("hello", "is not an object");
  const { protocol, host, boot_id, agent_version, digest, last_ack } = message;
  const cluster = message.cluster ?? undefined;
  if (protocol !== AGENT_PROTOCOL_VERSION && protocol !== AGENT_PROTOCOL_VERSION - 1) return protocolUnknown(protocol);
  const sentAt = instantOf(message.sent_at);
  if (!isText(host) || !isHostName(host)) {
    return invalid("hello", `host is not a name of 1 to ${MAX_HOST_SEGMENT_LENGTH} percent-encoded characters`);
  }
  if (cluster !== undefined && !isText(cluster)) return invalid("hello", "cluster is not a text");
  if (!isText(boot_id)) return invalid("hello", "boot_id is not a text");
  if (!isText(agent_version)) return invalid("hello", "agent_version is not a text");
  if (sentAt === undefined) return invalid("hello", "sent_at is not epoch milliseconds");
  if (digest !== undefined && digest !== null && !isText(digest)) return invalid("hello", "digest is not a text");
  if (!isCount(last_ack)) return invalid("hello", "last_ack is not a whole number");
  return {
    kind: "ok",
    value: { protocol, host, cluster, boot_id, agent_version, sent_at: sentAt, digest: digest ?? undefined, last_ack },
  };
}

export function parseFullState(message: unknown): Parsed<FullState> {
  if (!isRecord(message)) return invalid("full", "is not an object");
  const { part, parts } = message;
  const head = parseHead(message);
  if (typeof head === "string") return invalid("full", head);
  if (!isCount(parts) || parts < 1 || parts > MAX_PARTS) return invalid("full", `parts is not 1 to ${MAX_PARTS}`);
  if (!isCount(part) || part >= parts) return invalid("full", "part is not 0 to parts - 1");
  const elements = parseElements(message.elements);
  if (typeof elements === "string") return invalid("full", `elements${elements}`);
  return { kind: "ok", value: { ...head, part, parts, elements } };
}

export function parseChanges(message: unknown): Parsed<Changes> {
  if (!isRecord(message)) return invalid("changes", "is not an object");
  const head = parseHead(message);
  if (typeof head === "string") return invalid("changes", head);
  const put = parseElements(message.put);
  if (typeof put === "string") return invalid("changes", `put${put}`);
  const remove = parseIds(message.remove);
  if (remove === undefined) return invalid("changes", "remove is not a list of element ids");
  const renamed = parseRenamed(message.renamed);
  if (renamed === "invalid") return invalid("changes", "renamed does not lead from element ids to element ids");
  return { kind: "ok", value: { ...head, put, remove, renamed } };
}

/** `VolatileState` as the session uses it. */
export interface TakenVolatile extends Omit<VolatileState, "values"> {
  readonly values: ReadonlyMap<ElementId, Attributes>;
}

export function parseVolatileState(message: unknown): Parsed<TakenVolatile> {
  if (!isRecord(message)) return invalid("volatile", "is not an object");
  const head = parseHead(message);
  if (typeof head === "string") return invalid("volatile", head);
  const { last } = message;
  if (typeof last !== "boolean") return invalid("volatile", "last is not a truth value");
  const values = parseValues(message.values);
  if (typeof values === "string") return invalid("volatile", `values${values}`);
  return { kind: "ok", value: { ...head, last, values } };
}

/** Batch, time and clock offset, or what is wrong with them. */
export function parseHead(
  message: Record<string, unknown>,
): { readonly batch: number; readonly at: EpochMs; readonly clock_offset_ms: number } | string {
  const { batch, clock_offset_ms } = message;
  const at = instantOf(message.at);
  if (!isCount(batch)) return "batch is not a whole number";
  if (at === undefined) return "at is not epoch milliseconds";
  if (typeof clock_offset_ms !== "number" || !Number.isFinite(clock_offset_ms)) return "clock_offset_ms is no number";
  return { batch, at, clock_offset_ms };
}

function parseElements(value: unknown): readonly Element[] | string {
  if (!Array.isArray(value)) return " is not a list";
  if (value.length > MAX_ELEMENTS_PER_BATCH)
    return ` has ${value.length} items, the limit is ${MAX_ELEMENTS_PER_BATCH}`;
  const elements: Element[] = [];
  for (const [index, item] of value.entries()) {
    const parsed = parseElement(item);
    if (parsed.kind === "problem") return `[${index}].${parsed.problem.path} ${parsed.problem.problem}`;
    const unclean = uncleanMember(parsed.element);
    if (unclean !== undefined) return `[${index}].${unclean} has a lone surrogate or a control character`;
    elements.push(parsed.element);
  }
  return elements;
}

function parseValues(value: unknown): ReadonlyMap<ElementId, Attributes> | string {
  if (!isRecord(value)) return " is not an object";
  const entries = Object.entries(value);
  if (entries.length > MAX_ELEMENTS_PER_BATCH)
    return ` has ${entries.length} elements, the limit is ${MAX_ELEMENTS_PER_BATCH}`;
  const values = new Map<ElementId, Attributes>();
  for (const [index, [key, item]] of entries.entries()) {
    const id = idOf(key);
    if (id === undefined) return `: key ${index} is not an element id`;
    const parsed = parseAttributes(item);
    if ("problem" in parsed) return `[${index}].${parsed.path} ${parsed.problem}`;
    if (!isCleanAttributes(parsed.attributes)) return `[${index}] has a lone surrogate or a control character`;
    values.set(id, parsed.attributes);
  }
  return values;
}

function parseIds(value: unknown): readonly ElementId[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ELEMENTS_PER_BATCH) return undefined;
  const ids = value.map(idOf);
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

function parseRenamed(value: unknown): { readonly [newId: string]: ElementId } | undefined | "invalid" {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value) || Object.keys(value).length > MAX_ELEMENTS_PER_BATCH) return "invalid";
  const renamed: Record<string, ElementId> = {};
  for (const [newId, oldId] of Object.entries(value)) {
    const old = idOf(oldId);
    if (old === undefined || idOf(newId) === undefined || newId === "__proto__") return "invalid";
    renamed[newId] = old;
  }
  return renamed;
}

function idOf(value: unknown): ElementId | undefined {
  const id = typeof value === "string" ? parseElementId(value) : undefined;
  return id !== undefined && isCleanId(id) ? id : undefined;
}

/** The member of an element that has text nobody should have to store or show. */
function uncleanMember(element: Element): string | undefined {
  const { id, attributes } = element;
  const ids = isLink(element) ? { id, from: element.from, to: element.to } : { id, parent: element.parent };
  for (const [name, value] of Object.entries(ids)) if (value !== undefined && !isCleanId(value)) return name;
  if (!isLink(element)) {
    const { name, cluster, host } = element;
    for (const [member, text] of Object.entries({ name, cluster, host })) {
      if (text !== undefined && !isPlainText(text)) return member;
    }
  }
  return isCleanAttributes(attributes) ? undefined : "attributes";
}

export function isCleanAttributes(attributes: Attributes): boolean {
  const isCleanValue = (value: unknown) => typeof value !== "string" || isPlainText(value);
  return Object.entries(attributes).every(
    ([name, value]) => isPlainText(name) && (Array.isArray(value) ? value.every(isCleanValue) : isCleanValue(value)),
  );
}

/** Escapes may hide control characters. `id` is one `parseElementId` has accepted, so that it can be decoded. */
function isCleanId(id: ElementId): boolean {
  return !id.includes("%") || isPlainText(decodeURIComponent(id));
}

export function instantOf(value: unknown): EpochMs | undefined {
  return typeof value === "number" && Number.isSafeInteger(Math.round(value)) && value >= 0
    ? epochMsOf(Math.round(value))
    : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_TEXT_LENGTH && isPlainText(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function protocolUnknown(protocol: unknown): Refusal {
  const known = `${AGENT_PROTOCOL_VERSION - 1} and ${AGENT_PROTOCOL_VERSION}`;
  return {
    kind: "refused",
    code: "agent.protocol_unknown",
    detail: `the agent speaks protocol version ${JSON.stringify(protocol)?.slice(0, 40)}, this collector ${known}`,
    hint: `the agent speaks ${JSON.stringify(protocol)?.slice(0, 40)}, the collector ${known}: update the older of the two, the collector first`,
  };
}

export function invalid(message: string, problem: string): Refusal {
  return {
    kind: "refused",
    code: "agent.message_invalid",
    detail: `message ${message}: ${problem}`,
    hint: "the agent and the collector disagree about the protocol; use the same version of both",
  };
}
