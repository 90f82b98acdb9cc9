import type { EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { parseTimeExpression } from "./time-expression.ts";

/** A moment that belongs to no cluster. Errors: `http.invalid`. */
export function instantParameter(name: string, text: string | undefined, now: EpochMs): EpochMs | undefined {
  if (text === undefined) return undefined;
  const expression = parseTimeExpression(text, now);
  if (expression.kind === "now") return now;
  if (expression.kind === "instant") return expression.at;
  throw new OperatorError({
    code: "http.invalid",
    message: `${name} is not a time: ${JSON.stringify(text)}`,
    hint: "what is asked for belongs to all clusters, so revisions and snapshots are no times here; write 2026-01-31T02:41:00Z, epoch seconds or milliseconds, or now-15m",
    status: 400,
  });
}
