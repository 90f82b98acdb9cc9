import { messageOf, OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";

const NO_SPACE = new Set(["ENOSPC", "EDQUOT"]);

export function isNoSpace(cause: unknown): boolean {
  return isRecord(cause) && typeof cause.code === "string" && NO_SPACE.has(cause.code);
}

/** What a failing disk means for whoever sent a body: it was not taken, and may be sent again. */
export function spoolError(folder: string, cause: unknown): OperatorError {
  if (isNoSpace(cause)) {
    return new OperatorError({
      code: "spool.disk_full",
      message: `no space left on the disk of the spool ${folder}`,
      hint: "free some space or give the spool a smaller bound; what was acknowledged is kept, senders try again",
      status: 503,
      cause,
    });
  }
  return new OperatorError({
    code: "spool.unwritable",
    message: `the spool ${folder} cannot be written: ${messageOf(cause)}`,
    hint: "look at the disk it lies on; what was acknowledged is kept, senders try again",
    status: 503,
    cause,
  });
}

/** A disk that does not give back what lies on it; a bug stays what it is. */
export function spoolReadError(folder: string, cause: unknown): unknown {
  if (cause instanceof OperatorError || !isRecord(cause) || typeof cause.code !== "string") return cause;
  return new OperatorError({
    code: "spool.unreadable",
    message: `the spool ${folder} cannot be read: ${messageOf(cause)}`,
    hint: "look at the disk it lies on; reading is tried again",
    status: 503,
    cause,
  });
}

export function bodyTooLargeError(folder: string, bytes: number, maxBytes: number): OperatorError {
  return new OperatorError({
    code: "spool.body_too_large",
    message: `a body of ${bytes} bytes does not fit into the ${maxBytes} bytes of the spool ${folder}`,
    hint: "send smaller bodies or raise metrics.spool_megabytes",
    status: 413,
  });
}

export function damagedError(folder: string): OperatorError {
  return new OperatorError({
    code: "spool.damaged",
    message: `a segment of the spool ${folder} fails its checksum and cannot be mended`,
    hint: "free some space on its disk if it is full, then look at the disk itself: it gives back other bytes than were written",
    status: 503,
  });
}
