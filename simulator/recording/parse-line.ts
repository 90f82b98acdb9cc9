import { type AttributeValue, type Element, LINK_KINDS, NODE_KINDS } from "../../core/element.ts";
import { type ElementId, parseElementId } from "../../core/element-id.ts";
import { EVENT_KINDS } from "../../core/host-event.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import type { Memory, SaidEvent } from "../day/utterance.ts";
import { RECORDING_FORMAT, type RecordingHead } from "./write.ts";

/** One line of a recording: as an utterance, but with the whole elements that are put instead of what they were. */
export type RecordedLine =
  | (RecordingHead & { readonly kind: "begin" })
  | (Common & {
      readonly kind: "appears";
      readonly cluster: string | undefined;
      readonly bootId: string;
      readonly memory: Memory;
      readonly elements: readonly Element[];
    })
  | (Common & { readonly kind: "changes"; readonly put: readonly Element[]; readonly remove: readonly ElementId[] })
  | (Common & { readonly kind: "events"; readonly events: readonly SaidEvent[] })
  | (Common & { readonly kind: "falls-silent"; readonly how: "stopped" | "cut" })
  | (Common & { readonly kind: "clock"; readonly skewMs: number })
  | (Common & { readonly kind: "metrics"; readonly sampledMs: number; readonly lines: readonly string[] });

interface Common {
  readonly atMs: number;
  readonly host: string;
}

/** Undefined when it is not a line of a recording. */
export function parseRecordedLine(text: string): RecordedLine | undefined {
  const value = parseJson(text);
  if (!isRecord(value)) return undefined;
  const { kind, host, at_ms: atMs } = value;
  if (kind === "begin") return parseHead(value);
  if (typeof host !== "string" || typeof atMs !== "number") return undefined;
  const common = { atMs, host };
  switch (kind) {
    case "appears":
      return parseAppearance(value, common);
    case "changes": {
      const [put, remove] = [listOf(value.put, parseElement), listOf(value.remove, parseId)];
      return put === undefined || remove === undefined ? undefined : { ...common, kind, put, remove };
    }
    case "events": {
      const events = listOf(value.events, parseEvent);
      return events === undefined ? undefined : { ...common, kind, events };
    }
    case "falls-silent":
      return value.how === "stopped" || value.how === "cut" ? { ...common, kind, how: value.how } : undefined;
    case "clock":
      return typeof value.skew_ms === "number" ? { ...common, kind, skewMs: value.skew_ms } : undefined;
    case "metrics": {
      const lines = listOf(value.lines, (line) => (typeof line === "string" ? line : undefined));
      if (lines === undefined || typeof value.sampled_ms !== "number") return undefined;
      return { ...common, kind, sampledMs: value.sampled_ms, lines };
    }
    default:
      return undefined;
  }
}

function parseHead({ format, seed, began_at }: Record<string, unknown>): RecordedLine | undefined {
  if (format !== RECORDING_FORMAT || typeof seed !== "number" || typeof began_at !== "number") return undefined;
  return { kind: "begin", seed, began_at };
}

function parseAppearance(value: Record<string, unknown>, common: Common): RecordedLine | undefined {
  const { cluster, boot_id: bootId, memory } = value;
  const elements = listOf(value.elements, parseElement);
  if (typeof bootId !== "string" || elements === undefined) return undefined;
  if (memory !== "nothing" && memory !== "kept" && memory !== "state") return undefined;
  if (cluster !== undefined && typeof cluster !== "string") return undefined;
  return { ...common, kind: "appears", cluster, bootId, memory, elements };
}

function parseEvent(value: unknown): SaidEvent | undefined {
  if (!isRecord(value)) return undefined;
  const { id, severity, text } = value;
  const kind = EVENT_KINDS.find((known) => known === value.kind);
  const element = parseId(value.element);
  const attributes = parseAttributes(value.attributes);
  if (typeof id !== "string" || typeof text !== "string") return undefined;
  if (severity !== "info" && severity !== "warning" && severity !== "critical") return undefined;
  if (kind === undefined || element === undefined || attributes === undefined) return undefined;
  return { kind, element, severity, text, attributes, id };
}

function parseElement(value: unknown): Element | undefined {
  if (!isRecord(value)) return undefined;
  const id = parseId(value.id);
  const attributes = parseAttributes(value.attributes);
  if (id === undefined || attributes === undefined) return undefined;
  const linkKind = LINK_KINDS.find((kind) => kind === value.kind);
  if (linkKind !== undefined) {
    const [from, to] = [parseId(value.from), parseId(value.to)];
    return from === undefined || to === undefined ? undefined : { id, kind: linkKind, from, to, attributes };
  }
  const kind = NODE_KINDS.find((each) => each === value.kind);
  const { name, host, cluster } = value;
  if (kind === undefined || typeof name !== "string" || typeof cluster !== "string") return undefined;
  return {
    id,
    kind,
    name,
    cluster,
    host: typeof host === "string" ? host : undefined,
    parent: parseId(value.parent),
    attributes,
  };
}

function parseAttributes(value: unknown): { readonly [name: string]: AttributeValue } | undefined {
  if (!isRecord(value)) return undefined;
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, held] of Object.entries(value)) {
    const item = listOf(held, parseScalar) ?? parseSingle(held);
    if (item === undefined) return undefined;
    attributes[name] = item;
  }
  return attributes;
}

function parseSingle(value: unknown): AttributeValue | undefined {
  return typeof value === "boolean" ? value : parseScalar(value);
}

function parseScalar(value: unknown): string | number | undefined {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

function parseId(value: unknown): ElementId | undefined {
  return typeof value === "string" ? parseElementId(value) : undefined;
}

/** Undefined when it is no list, or when one item is none. */
function listOf<T>(value: unknown, parse: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map(parse);
  return items.every((item) => item !== undefined) ? items : undefined;
}
