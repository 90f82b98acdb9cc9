/** What became of one request that writes lines. */
export type LinesReply =
  | { readonly kind: "ok" }
  /** Trouble that passes: send the same again. `afterMs` is what the store asked for. */
  | {
      readonly kind: "retry";
      readonly afterMs: number | undefined;
      readonly reason: string;
      /** Nobody answers there, or a proxy does instead: what it took last it may have lost. */
      readonly isGone?: boolean;
    }
  /** Nothing will be taken until somebody changes something. */
  | { readonly kind: "hold"; readonly reason: string; readonly hint: string }
  /** Some of the lines, or all, will never be taken. */
  | {
      readonly kind: "bad_lines";
      readonly reason: string;
      /** The store says that it wrote those that are good; else it may have written none. */
      readonly isPartial: boolean;
    }
  /** More than the store takes at once. */
  | { readonly kind: "too_large"; readonly reason: string };

/** Sends one body of lines, times in milliseconds, and tells the truth about it. */
export type SendLines = (body: string) => Promise<LinesReply>;

/** An answer that is not a success, as HTTP has it. */
export interface HttpRefusal {
  readonly status: number;
  readonly body: string | undefined;
  readonly retryAfter: string | undefined;
}

/** `name` is the store's, for people; `holdHint` says what to do about a status that is not about the lines. */
export function refusalReply(
  { status, body, retryAfter }: HttpRefusal,
  { name, holdHint }: { readonly name: string; readonly holdHint: (status: number) => string },
): LinesReply {
  const reason = `${name} answered ${status}: ${shortMessage(body ?? "")}`;
  if (status === 400 || status === 422) return { kind: "bad_lines", reason, isPartial: saysPartial(body ?? "") };
  if (status === 413) return { kind: "too_large", reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: "retry", afterMs: retryAfterMs(retryAfter), reason };
  }
  return { kind: "hold", reason, hint: holdHint(status) };
}

/**
 * InfluxDB 1.x writes the good lines of every body, 2.x only when it could read them all. Both say so, before the line or field
 * they quote.
 */
function saysPartial(body: string): boolean {
  return /^[^'"]*\bpartial write\b/.test(body);
}

/** HTTP counts in seconds; a date is not worth its own clock here. */
function retryAfterMs(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}

const MAX_MESSAGE_CHARACTERS = 300;

/** One line, cut, since an error may repeat whole lines. */
export function shortMessage(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_MESSAGE_CHARACTERS ? `${line.slice(0, MAX_MESSAGE_CHARACTERS)}…` : line;
}
