import type { Attributes, AttributeValue } from "../../core/element.ts";
import { type ElementId, hostId, ownerHostOf, parseElementId } from "../../core/element-id.ts";
import { type HostEvent, MAX_EVENT_TEXT_CHARS } from "../../core/host-event.ts";
import { toPlainText } from "../../core/plain-text.ts";
import { redactSecrets } from "../../core/redact-secrets.ts";
import { attributesOf } from "../topology/attributes.ts";

/** What the collector takes of one event, and refuses a whole batch for; as JSON. */
const MAX_ATTRIBUTES = 20;
const MAX_ATTRIBUTES_CHARS = 4_000;

/** What is left of each text where all together are too long. */
const MAX_TEXT_CHARS = 400;
const SHORT_TEXT_CHARS = 60;

/**
 * The event as the collector takes it and as anybody may read it: what is too long is cut, passwords are hidden, control characters
 * replaced. What happened to an element whose name is too long for an id happened to its host.
 */
export function tellableEvent(event: HostEvent): HostEvent {
  const text = toPlainText(redactSecrets(event.text)).slice(0, MAX_EVENT_TEXT_CHARS).toWellFormed();
  const attributes = attributesOf(event.attributes);
  const cut = cutTexts(attributes, MAX_TEXT_CHARS);
  const isShort = JSON.stringify(cut).length <= MAX_ATTRIBUTES_CHARS;
  return {
    ...event,
    element: tellableElement(event.element),
    text,
    attributes: isShort ? cut : cutTexts(attributes, SHORT_TEXT_CHARS),
  };
}

function tellableElement(element: ElementId): ElementId {
  return parseElementId(element) ?? hostId(ownerHostOf(element) ?? "unknown");
}

function cutTexts(attributes: Attributes, maxChars: number): Attributes {
  const cut = (value: AttributeValue) =>
    typeof value === "string" ? redactSecrets(value).slice(0, maxChars).toWellFormed() : value;
  const some = Object.entries(attributes).slice(0, MAX_ATTRIBUTES);
  return Object.fromEntries(some.map(([name, value]) => [name, cut(value)]));
}
