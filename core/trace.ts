/** W3C Trace Context, version 00. Source: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
}

export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(header ?? "");
  if (match === null || match[1] === "ff" || (match[1] === "00" && match[4] !== undefined)) return undefined;
  const [, , traceId, spanId] = match;
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId };
}

/** A new trace, or a new span of the trace given. `random` fills the array with random bytes. */
export function newTrace(random: (bytes: Uint8Array<ArrayBuffer>) => void, parent?: TraceContext): TraceContext {
  const bytes = new Uint8Array(24);
  random(bytes);
  let hex = "";
  for (const byte of bytes) hex += HEX[byte] ?? "";
  return { traceId: parent?.traceId ?? hex.slice(0, 32), spanId: hex.slice(32) };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function formatTraceparent(trace: TraceContext): string {
  return `00-${trace.traceId}-${trace.spanId}-01`;
}
