import { type EventBatch, MAX_EVENTS_PER_BATCH, type ToldEvent } from "../../core/agent-protocol.ts";
import { parseElementId } from "../../core/element-id.ts";
import { type EventSeverity, MAX_EVENT_TEXT_CHARS } from "../../core/host-event.ts";
import { isRecord } from "../../core/json.ts";
import { isPlainText } from "../../core/plain-text.ts";
import { parseAttributes } from "../../topology/model/parse-element.ts";
import { instantOf, invalid, isCleanAttributes, type Parsed, parseHead } from "./parse-message.ts";

const MAX_EVENT_ATTRIBUTES = 20;
const MAX_ATTRIBUTE_CHARS = 4_000;

export function parseEventBatch(message: unknown): Parsed<EventBatch> {
  if (!isRecord(message)) return invalid("events", "is not an object");
  const head = parseHead(message);
  if (typeof head === "string") return invalid("events", head);
  const { events } = message;
  if (!Array.isArray(events)) return invalid("events", "events is not a list");
  if (events.length > MAX_EVENTS_PER_BATCH) {
    return invalid("events", `events has ${events.length} items, the limit is ${MAX_EVENTS_PER_BATCH}`);
  }
  const parsed: ToldEvent[] = [];
  for (const [index, item] of events.entries()) {
    const event = parseEvent(item);
    if (typeof event === "string") return invalid("events", `events[${index}]${event}`);
    parsed.push(event);
  }
  return { kind: "ok", value: { ...head, events: parsed } };
}

/** An event, or what is wrong with it. */
function parseEvent(value: unknown): ToldEvent | string {
  if (!isRecord(value)) return " is not an object";
  const { id, kind, text } = value;
  if (typeof id !== "string" || !/^[\w-]{1,64}$/.test(id)) return ".id is not 1 to 64 letters, digits, _ and -";
  if (typeof kind !== "string" || !/^[a-z][a-z0-9-]{0,63}$/.test(kind)) return ".kind is not a word of 1 to 64 letters";
  const at = instantOf(value.at);
  if (at === undefined) return ".at is not epoch milliseconds";
  const element = typeof value.element === "string" ? parseElementId(value.element) : undefined;
  if (element === undefined) return ".element is not an element id";
  const severity = severityOf(value.severity);
  if (severity === undefined) return ".severity is not info, warning or critical";
  if (typeof text !== "string" || text.length > MAX_EVENT_TEXT_CHARS || !isPlainText(text)) {
    return `.text is not a text of at most ${MAX_EVENT_TEXT_CHARS} characters without control characters`;
  }
  const attributes = parseAttributes(value.attributes);
  if (!("attributes" in attributes)) return `.attributes ${attributes.problem}`;
  const entries = Object.entries(attributes.attributes);
  if (entries.length > MAX_EVENT_ATTRIBUTES) {
    return `.attributes has ${entries.length} entries, the limit is ${MAX_EVENT_ATTRIBUTES}`;
  }
  const written = JSON.stringify(attributes.attributes);
  if (written.length > MAX_ATTRIBUTE_CHARS) return `.attributes is longer than ${MAX_ATTRIBUTE_CHARS} characters`;
  if (!isCleanAttributes(attributes.attributes)) return ".attributes has a lone surrogate or a control character";
  return { id, kind, at, element, severity, text, attributes: attributes.attributes };
}

function severityOf(value: unknown): EventSeverity | undefined {
  return value === "info" || value === "warning" || value === "critical" ? value : undefined;
}
