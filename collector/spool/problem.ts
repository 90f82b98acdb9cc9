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
