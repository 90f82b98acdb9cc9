import type { Answer, KnownCall } from "./call.ts";
import { computeFault } from "./refusals.ts";

export interface QueryRules {
  readonly known: readonly string[];
  /** From this microversion on, anything else is refused; before, it was passed over. */
  readonly strictSince: number;
}

/** Undefined when the query can be followed. What Nova would silently pass over is put down to the client. */
export function checkQuery(
  call: KnownCall & { readonly version: number },
  { known, strictSince }: QueryRules,
): Answer | undefined {
  const unknown = [...new Set(call.query.keys())].filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const names = unknown.map((name) => `'${name}'`).join(", ");
    call.blame(`unknown query parameter ${names}`);
    if (call.version >= strictSince) {
      const verb = unknown.length === 1 ? "was" : "were";
      return computeFault(400, `Additional properties are not allowed (${names} ${verb} unexpected)`);
    }
  }
  const limit = call.query.get("limit");
  if (limit !== null && !/^[0-9]+$/.test(limit)) {
    const what = `Invalid input for query parameters limit. Value: ${limit}.`;
    return computeFault(400, `${what} '${limit}' does not match '^[0-9]*$'`);
  }
  return undefined;
}
