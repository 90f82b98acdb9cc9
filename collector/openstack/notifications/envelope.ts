import { isRecord, parseJson } from "../../../core/json.ts";

export interface Notification {
  /** `instance.create.end`, `port.update.end` */
  readonly eventType: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Many times what any service sends; some carry a whole machine with its flavour and addresses. */
export const MOST_BYTES = 1_048_576;

/**
 * Reads a message of oslo.messaging: `{"oslo.version": "2.0", "oslo.message": "<json>"}`, in which the inner text has `event_type` and
 * `payload`. A text says what is wrong with it. Source: oslo.messaging, _drivers/common.py and notify/messaging.py.
 */
export function readNotification(content: Buffer): Notification | string {
  if (content.length > MOST_BYTES) return `has ${content.length} bytes, more than ${MOST_BYTES}`;
  const envelope = parseJson(content.toString("utf8"));
  if (!isRecord(envelope)) return "is no JSON object";
  const { "oslo.version": version, "oslo.message": text } = envelope;
  if (typeof version !== "string" || !/^2\.[0-9]+$/.test(version)) return "is no envelope of oslo.messaging 2";
  if (typeof text !== "string") return "has no oslo.message";
  const message = parseJson(text);
  if (!isRecord(message)) return "has an oslo.message that is no JSON object";
  const { event_type: eventType, payload } = message;
  if (typeof eventType !== "string") return "has no event_type";
  if (!isRecord(payload)) return `has no payload: ${eventType.slice(0, 100)}`;
  return { eventType, payload };
}
