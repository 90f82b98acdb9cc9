/** W3C Trace Context, version 00. Source: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
}

/** What a caller said of the trace its request belongs to. */
export interface CallersTrace extends TraceContext {
  /** The caller has its own span recorded, and would like ours to be. */
  readonly isSampled: boolean;
}

/** Undefined for what is no `traceparent`: the request begins a trace of its own then, as the standard asks. */
export function parseTraceparent(header: string | undefined): CallersTrace | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header ?? "");
  if (match === null || match[1] === "ff" || (match[1] === "00" && match[5] !== undefined)) return undefined;
  const [, , traceId, spanId, flags = ""] = match;
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

const SAMPLED = 0x01;

/** Of `newTrace` where nothing else is handed in. */
export const randomBytes = (bytes: Uint8Array<ArrayBuffer>): void => void crypto.getRandomValues(bytes);

/** A new trace, or a new span of the trace given. `random` fills the array with random bytes. */
export function newTrace(random: (bytes: Uint8Array<ArrayBuffer>) => void, parent?: TraceContext): TraceContext {
  const bytes = new Uint8Array(24);
  random(bytes);
  let hex = "";
  for (const byte of bytes) hex += HEX[byte] ?? "";
  return { traceId: parent?.traceId ?? hex.slice(0, 32), spanId: hex.slice(32) };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** `isSampled`: whoever gets it is asked to record its part, as ours is. */
export function formatTraceparent(trace: TraceContext, isSampled: boolean): string {
  return `00-${trace.traceId}-${trace.spanId}-${isSampled ? "01" : "00"}`;
}

/** Enough to find a trace by, short enough for a card: `grep` takes it as it is. */
export function shortTraceId(traceId: string): string {
  return traceId.slice(0, 12);
}
