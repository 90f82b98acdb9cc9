import type { SqlDatabase, SqlDialect, SqlReader, SqlWriter } from "../sql-database.ts";
import { Lane } from "./lane.ts";
import { postgresError } from "./postgres-errors.ts";
import { PostgresSession, type SessionLimits } from "./postgres-session.ts";
import { type PostgresSettings, placeOf } from "./postgres-settings.ts";
import { createReader, createWriter } from "./postgres-statements.ts";
import { WriterLock } from "./writer-lock.ts";

const READ_LIMITS: SessionLimits = { statementMs: 30_000, idleInTransactionMs: 300_000 };
const WRITE_LIMITS: SessionLimits = { statementMs: 30_000, idleInTransactionMs: 60_000 };
const BACKGROUND_LIMITS: SessionLimits = { statementMs: 600_000, idleInTransactionMs: 300_000 };
const READ_CONNECTIONS = 3;

const DIALECT: SqlDialect = {
  types: { text: 'TEXT COLLATE "C"', whole: "BIGINT", small: "INTEGER", blob: "BYTEA" },
  hasLookups: true,
};

type Begin = (session: PostgresSession) => Promise<unknown>;

/**
 * A PostgreSQL database of which this process is the only writer. Connections that break are replaced when they are needed
 * next; what was under way fails with `store.unavailable`.
 */
export class PostgresDatabase implements SqlDatabase {
  readonly dialect = DIALECT;
  readonly place: string;
  readonly #lock: WriterLock;
  readonly #lanes: { readonly [lane in "read" | "write" | "background"]: Lane<PostgresSession> };

  /**
   * Reaches the database and becomes its writer.
   * Errors: OperatorError `store.locked` (another process writes it), `store.unavailable`, `store.unreadable`.
   */
  static async open(settings: PostgresSettings): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(settings);
    try {
      await database.write("write", async () => undefined);
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  private constructor(settings: PostgresSettings) {
    const place = placeOf(settings);
    const lock = new WriterLock(place);
    const open = (limits: SessionLimits) => () => PostgresSession.open(settings, limits);
    this.place = place;
    this.#lock = lock;
    this.#lanes = {
      read: new Lane({ place, size: READ_CONNECTIONS, open: open(READ_LIMITS) }),
      background: new Lane({ place, size: 1, open: open(BACKGROUND_LIMITS) }),
      write: new Lane({ place, size: 1, open: () => openWriting(open(WRITE_LIMITS), lock) }),
    };
  }

  read<T>(lane: "read" | "background", work: (reader: SqlReader) => Promise<T>): Promise<T> {
    const begin: Begin = (session) => session.ask({ text: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" });
    return this.#transaction(this.#lanes[lane], begin, (session) => work(createReader(session)));
  }

  write<T>(lane: "write" | "background", work: (writer: SqlWriter) => Promise<T>): Promise<T> {
    const begin: Begin = async (session) => {
      await session.ask({ text: "BEGIN" });
      if (lane === "background") await this.#lock.fence(session);
    };
    return this.#transaction(this.#lanes[lane], begin, (session) => work(createWriter(session)));
  }

  /** The server's own vacuum does. */
  async reclaim(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.close()));
  }

  async #transaction<T>(
    lane: Lane<PostgresSession>,
    begin: Begin,
    work: (session: PostgresSession) => Promise<T>,
  ): Promise<T> {
    try {
      return await lane.use(begin, (session) => committed(session, work));
    } catch (cause) {
      throw postgresError(this.place, cause);
    }
  }
}

async function openWriting(open: () => Promise<PostgresSession>, lock: WriterLock): Promise<PostgresSession> {
  const session = await open();
  try {
    await lock.take(session);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

/** A session that failed is closed by force, which rolls back what it was in. */
async function committed<T>(session: PostgresSession, work: (session: PostgresSession) => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work(session);
  } catch (error) {
    await rolledBack(session);
    throw error;
  }
  const { command } = await session.ask({ text: "COMMIT" });
  // PostgreSQL answers so, without an error, when a statement of the transaction had failed.
  if (command !== "COMMIT") throw new Error(`the transaction ended with ${command}`);
  return result;
}

async function rolledBack(session: PostgresSession): Promise<void> {
  if (session.isBroken) return;
  // When this fails as well, the connection is at its end, and the transaction with it; the first error is the one to tell.
  await session.ask({ text: "ROLLBACK" }).catch(() => session.destroy());
}
