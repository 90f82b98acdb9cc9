import type { CheckedBody, RefusedLine } from "./check-lines.ts";

/** Whose API a request speaks: their error bodies differ. */
export type InfluxApi = "v1" | "v2";

/** Source: InfluxDB 2 API reference, schema Error. */
const CODES: { readonly [status: number]: string } = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  413: "request too large",
  415: "invalid",
  429: "too many requests",
  503: "unavailable",
};

/** An error as InfluxDB of that version writes it. */
export function errorBody(api: InfluxApi, status: number, message: string): object {
  return api === "v1" ? { error: message } : { code: CODES[status] ?? "internal error", message };
}

/** What was wrong with the lines that were refused, the first few of them one by one. */
export function refusalMessage({ accepted, refused, examples }: CheckedBody): string {
  const shown = examples.map(describe).join("; ");
  const more = refused > examples.length ? `; and ${refused - examples.length} more` : "";
  return accepted > 0 ? `partial write: ${shown}${more} dropped=${refused}` : `${shown}${more}`;
}

function describe({ kind, text, message, line, column }: RefusedLine): string {
  const what = kind === "malformed" ? "unable to parse" : "not allowed:";
  return `${what} '${text}': ${message} at line ${line}, column ${column}`;
}
