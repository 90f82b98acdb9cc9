import { badQuery } from "./problem.ts";
import { unsupported } from "./refused.ts";
import type { Call, Value } from "./syntax.ts";

/**
 * A moment as Skydive's users write it, as a time expression of ours: `'-5m'` is `now-5m`, `NOW` is `now`, a number is
 * epoch seconds or milliseconds, RFC 1123 is read; anything else in quotes is a time expression already.
 */
export function momentOf(call: Call, value: Value | undefined): string {
  switch (value?.kind) {
    case "number":
      return String(value.number);
    case "word":
      if (value.word === "NOW") return "now";
      break;
    case "text": {
      const ago = /^-(\d[\dyhwdms]*)$/.exec(value.text)?.[1];
      if (ago !== undefined) return `now-${ago}`;
      const isRfc1123 = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (GMT|UTC)$/.test(value.text);
      return isRfc1123 ? String(Date.parse(value.text)) : value.text;
    }
    default:
  }
  throw badQuery(call.position, `${call.name} takes a moment: NOW, '-5m', '2026-01-31T02:41:00Z', a snapshot's name`);
}

/** Skydive's second argument of `At` asks for every version within a window. */
export function refuseWindow(call: Call): void {
  if (call.values.length < 2) return;
  throw unsupported(
    `${call.name} with a duration is not supported`,
    "G.Diff('now-1h', 'now').Has('Name', …) gives what changed in a window; GET /api/v1/topology/changes every change",
  );
}
