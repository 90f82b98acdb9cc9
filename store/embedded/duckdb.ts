import { existsSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { messageOf, OperatorError } from "../../core/errors.ts";

export interface DuckDbLimits {
  readonly threads: number;
  readonly memoryMegabytes: number;
  /**
   * For tables of large blobs. What DuckDB rewrites when it folds its log into the file is whole row groups: of 122,880
   * rows, unless it is told otherwise. Files written either way can be opened either way.
   */
  readonly rowGroupRows?: number | undefined;
  /**
   * How large the write-ahead log grows before it is folded into the file. Each time, the row groups that are not full
   * are written anew; and a start reads the log.
   */
  readonly logMegabytes?: number | undefined;
}

/** What an attached database is called. */
const ATTACHED = "store";

/**
 * Opens an embedded database file, creating it when absent.
 * Errors: `store.locked` (another process has it), `store.damaged`, `store.newer`, `store.unreadable`, `store.full`.
 */
export async function openDuckDb(path: string, limits: DuckDbLimits): Promise<DuckDBInstance> {
  if (!existsSync(path) && existsSync(walOf(path))) throw lostItsMainFile(path);
  try {
    const settings = {
      threads: String(limits.threads),
      memory_limit: `${limits.memoryMegabytes}MB`,
      ...(limits.logMegabytes === undefined ? {} : { checkpoint_threshold: `${limits.logMegabytes}MB` }),
    };
    if (limits.rowGroupRows === undefined) return await openFile(path, settings);
    return await openAttached(path, { ...settings, temp_directory: `${path}.tmp` }, limits.rowGroupRows);
  } catch (cause) {
    throw storeError(path, cause);
  }
}

async function openFile(path: string, settings: Readonly<Record<string, string>>): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path, settings);
  try {
    const connection = await instance.connect();
    // Parquet files never change under a name: what they hold where is read once.
    await connection.run("LOAD parquet; SET GLOBAL parquet_metadata_cache = true");
    connection.closeSync();
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** A connection on which the names of tables mean those of the database. */
export async function connectTo(instance: DuckDBInstance, { rowGroupRows }: DuckDbLimits): Promise<DuckDBConnection> {
  const connection = await instance.connect();
  if (rowGroupRows !== undefined) await connection.run(`USE ${ATTACHED}`);
  return connection;
}

/** How rows are grouped can be said of an attached database only; so can that tables with a key get their room back. */
async function openAttached(
  path: string,
  settings: Readonly<Record<string, string>>,
  rowGroupRows: number,
): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(":memory:", settings);
  try {
    const connection = await instance.connect();
    const options = `ROW_GROUP_SIZE ${rowGroupRows}, VACUUM_REBUILD_INDEXES ${MOST_REINDEXED_ROWS}`;
    // Of a new file; one that is there keeps its own.
    await connection.run(`SET default_block_size = ${BLOCK_BYTES}`);
    await connection.run(`ATTACH '${path.replaceAll("'", "''")}' AS ${ATTACHED} (${options})`);
    // Else a large commit is folded into the file at once, and every other commit waits for that.
    await connection.run(`SET auto_checkpoint_skip_wal_threshold = ${LARGEST_LOGGED_COMMIT_BYTES}`);
    connection.closeSync();
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** One blob of some kilobytes is read with the whole of its block, which has 262,144 bytes unless told otherwise. */
const BLOCK_BYTES = 16_384;
const MOST_REINDEXED_ROWS = 10_000_000;
const LARGEST_LOGGED_COMMIT_BYTES = 1_000_000_000;

/** The write-ahead log DuckDB keeps beside a database file. */
export function walOf(path: string): string {
  return `${path}.wal`;
}

/** What a DuckDB failure means for an operator. */
export function storeError(path: string, cause: unknown): OperatorError {
  if (cause instanceof OperatorError) return cause;
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
    status: 503,
    cause,
  });
}

/** DuckDB gave up on the open database: every later call fails until it is closed and opened again. */
export function isInvalidated(cause: unknown): boolean {
  return /^FATAL Error|database has been invalidated/i.test(messageOf(cause));
}

/** The memory the database may take is used up; what a failed commit or folding held of it is not always given back. */
export function isOutOfMemory(cause: unknown): boolean {
  return OUT_OF_MEMORY.test(messageOf(cause));
}

/** Appending and committing say it in words of their own. */
const OUT_OF_MEMORY = /Out of Memory Error|could not allocate block|failed to allocate data|failed to pin block/i;

/** The commit is durable all the same: what failed is the folding of the write-ahead log into the main file. */
export function isDurableAllTheSame(cause: unknown): boolean {
  return /COMMIT succeeded and is durable/i.test(messageOf(cause));
}

/** DuckDB would delete the log and begin anew. */
function lostItsMainFile(path: string): OperatorError {
  return new OperatorError({
    code: "store.damaged",
    message: `the database ${path} is gone, but its write-ahead log ${walOf(path)} is still there`,
    hint: `put ${path} back from a backup, or move ${walOf(path)} away to begin a new history`,
    status: 503,
  });
}

const setAsideHint = (path: string) =>
  `put a backup in its place, or start once with --set-aside-damaged: it is renamed to ${path}.damaged-<time> and a new one begins`;

/** In the order they are tried: a full disk also invalidates, and says so in one message. */
const KNOWN_FAILURES = [
  {
    pattern: /Could not set lock|Conflicting lock/i,
    code: "store.locked",
    message: (path: string) => `the database ${path} is in use by another process`,
    hint: () => "stop the other Nephoscope, or give this one another data folder with --data",
  },
  {
    pattern: /No space left|disk is full|Disk quota|could not write/i,
    code: "store.full",
    message: (path: string) => `no space left on the disk of ${path}`,
    hint: () =>
      "free some space; nothing acknowledged was lost, and what comes meanwhile is refused until there is room",
  },
  {
    pattern: OUT_OF_MEMORY,
    code: "store.out_of_memory",
    message: (path: string) => `the memory that the database ${path} may take is used up`,
    hint: () =>
      "give it more with `memory_megabytes` of `topology`, or of `metrics`, in the configuration; meanwhile it is opened anew",
  },
  {
    pattern: /Permission denied|Cannot open file|read-only|Is a directory|Not a directory/i,
    code: "store.unreadable",
    message: (path: string) => `the database ${path} cannot be opened for reading and writing`,
    hint: (path: string) => `check that ${path} is a file, that its folder exists, and owner and mode of both`,
  },
  {
    // The checksum of the header was right: that is how it was written.
    pattern: /database file with version number/i,
    code: "store.newer",
    message: (path: string) => `the database ${path} was written by another version of the database engine`,
    hint: () => "run the version of Nephoscope that wrote it, or a later one; the file is sound and stays as it is",
  },
  {
    pattern:
      /not a valid DuckDB|Corrupt|checksum|Could not read enough bytes|Serialization Error|Failed to deserialize|INTERNAL Error/i,
    code: "store.damaged",
    message: (path: string) => `the database ${path} is damaged`,
    hint: setAsideHint,
  },
] as const;
