import { DuckDBInstance } from "@duckdb/node-api";
import { messageOf, OperatorError } from "../../core/errors.ts";

export interface DuckDbLimits {
  readonly threads: number;
  readonly memoryMegabytes: number;
}

/**
 * Opens an embedded database file, creating it when absent.
 * Errors: `store.locked` (another process has it), `store.damaged`, `store.unreadable`, `store.full`.
 */
export async function openDuckDb(path: string, limits: DuckDbLimits): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(path, {
      threads: String(limits.threads),
      memory_limit: `${limits.memoryMegabytes}MB`,
    });
  } catch (cause) {
    throw storeError(path, cause);
  }
}

/** What a DuckDB failure means for an operator. */
export function storeError(path: string, cause: unknown): OperatorError {
  const message = messageOf(cause);
  const known = KNOWN_FAILURES.find(({ pattern }) => pattern.test(message));
  if (known === undefined) {
    return new OperatorError({
      code: "store.unavailable",
      message: `the database ${path} failed: ${message}`,
      hint: "look at the disk it lies on; the message above is the database's own",
      status: 503,
      cause,
    });
  }
  return new OperatorError({
    code: known.code,
    message: known.message(path),
    hint: known.hint(path),
    status: known.status,
    cause,
  });
}

const KNOWN_FAILURES = [
  {
    pattern: /Could not set lock|Conflicting lock/i,
    code: "store.locked",
    message: (path: string) => `the database ${path} is in use by another process`,
    hint: () => "stop the other Nephoscope, or give this one another data folder with --data",
    status: 503,
  },
  {
    pattern: /No space left|disk is full|Disk quota|could not write/i,
    code: "store.full",
    message: (path: string) => `no space left on the disk of ${path}`,
    hint: () =>
      "free some space; nothing acknowledged was lost, and what comes meanwhile is refused until there is room",
    status: 503,
  },
  {
    pattern: /Permission denied|Cannot open file|read-only/i,
    code: "store.unreadable",
    message: (path: string) => `the database ${path} cannot be opened for reading and writing`,
    hint: (path: string) => `check owner and mode of ${path} and of the folder it lies in`,
    status: 503,
  },
  {
    pattern:
      /not a valid DuckDB|Corrupt|checksum|Serialization Error|Failed to deserialize|INTERNAL Error|version number/i,
    code: "store.damaged",
    message: (path: string) => `the database ${path} is damaged`,
    hint: (path: string) =>
      `put a backup in its place, or start once with --set-aside-damaged: it is renamed to ${path}.damaged-<time> and a new one begins`,
    status: 503,
  },
] as const;
