import { messageOf, OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";

/** What a SQLite failure means for an operator. Source: https://www.sqlite.org/rescode.html. */
export function stateError(path: string, cause: unknown): OperatorError {
  // The low byte is the primary result code, the rest says more about it.
  const code = isRecord(cause) && typeof cause.errcode === "number" ? cause.errcode & 0xff : undefined;
  switch (code) {
    case SQLITE.busy:
    case SQLITE.locked:
      return new OperatorError({
        code: "store.locked",
        message: `the state file ${path} is in use by another process`,
        hint: "stop the other Nephoscope, or give this one another data folder with --data",
        status: 503,
        cause,
      });
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return damagedState(path, messageOf(cause), cause);
    case SQLITE.full:
      return new OperatorError({
        code: "store.full",
        message: `no space left on the disk of ${path}`,
        hint: "free some space; nothing acknowledged was lost, and what comes meanwhile is tried again",
        status: 503,
        cause,
      });
    case SQLITE.permission:
    case SQLITE.readOnly:
    case SQLITE.cannotOpen:
      return new OperatorError({
        code: "store.unreadable",
        message: `the state file ${path} cannot be opened for reading and writing`,
        hint: `check owner and mode of ${path} and of the folder it lies in`,
        status: 503,
        cause,
      });
    default:
      return new OperatorError({
        code: "store.unavailable",
        message: `the state file ${path} failed: ${messageOf(cause)}`,
        hint: "look at the disk it lies on; the message above is SQLite's own",
        status: 503,
        cause,
      });
  }
}

export function damagedState(path: string, what: string, cause?: unknown): OperatorError {
  return new OperatorError({
    code: "store.damaged",
    message: `the state file ${path} is damaged: ${what}`,
    hint: `put a backup in its place, or start once with --set-aside-damaged: it is renamed to ${path}.damaged-<time>, and alerts, incidents and waiting messages begin anew`,
    status: 503,
    cause,
  });
}

const SQLITE = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;
