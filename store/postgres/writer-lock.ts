import { OperatorError } from "../../core/errors.ts";
import { numberIn } from "./postgres-cells.ts";
import { type PostgresSession, SCHEMA, type SessionIdentity, sqlStateOf } from "./postgres-session.ts";

/** Keys of our advisory lock within a database: "neph" and the first of its kind. */
const LOCK = { class: 0x6e657068, object: 1 } as const;
/** As long as the server may take to notice that the one before us is gone. */
const LOCK_WAIT_MS = 5_000;
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Sees to it that one process at a time writes a database. The connection that commits holds an advisory lock, which ends
 * with it. A number that rises with every new writer, the epoch, does the rest: whoever was cut off finds out that somebody
 * else wrote meanwhile, and what an old writer left running elsewhere cannot commit any more.
 */
export class WriterLock {
  readonly #place: string;
  #epoch: number | undefined;
  #holder: SessionIdentity | undefined;

  constructor(place: string) {
    this.#place = place;
  }

  /** Makes the schema when it is not there. Errors: `store.locked`, and what the session throws. */
  async take(session: PostgresSession): Promise<void> {
    await this.#endFormerHolder(session);
    await this.#lock(session);
    await makeSchema(session);
    const epoch = await currentEpoch(session);
    if (this.#epoch === undefined) this.#epoch = await nextEpoch(session);
    else if (epoch !== this.#epoch) throw overtaken(this.#place);
    this.#holder = session.identity;
  }

  /** Within a transaction of another connection: it commits only while no other process has become the writer. */
  async fence(session: PostgresSession): Promise<void> {
    const text = "SELECT epoch FROM writer WHERE epoch = CAST($1 AS BIGINT) FOR SHARE";
    const { rows } = await session.ask({ text, values: [String(this.#epoch ?? 0)] });
    if (rows.length === 0) throw overtaken(this.#place);
  }

  /** A commit the server is still busy with must end before we look what became of it. */
  async #endFormerHolder(session: PostgresSession): Promise<void> {
    if (this.#holder === undefined) return;
    const { pid, startedAt } = this.#holder;
    const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid = CAST($1 AS INTEGER) AND extract(epoch FROM backend_start)::text = $2`;
    await session.ask({ text, values: [String(pid), startedAt] });
  }

  async #lock(session: PostgresSession): Promise<void> {
    try {
      await session.ask({ text: `SET lock_timeout = ${LOCK_WAIT_MS}` });
      await session.ask({ text: `SELECT pg_advisory_lock(${LOCK.class}, ${LOCK.object})` });
      await session.ask({ text: "RESET lock_timeout" });
    } catch (error) {
      if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      throw locked(this.#place, await holderOf(session), error);
    }
  }
}

async function makeSchema(session: PostgresSession): Promise<void> {
  const { rows } = await session.ask({ text: "SELECT 1 FROM pg_namespace WHERE nspname = $1", values: [SCHEMA] });
  // Only when needed: whoever administers the database may have made it, and forbidden to make others.
  if (rows.length === 0) await session.ask({ text: `CREATE SCHEMA ${SCHEMA}` });
  await session.ask({ text: "CREATE TABLE IF NOT EXISTS writer (epoch BIGINT NOT NULL)" });
}

async function currentEpoch(session: PostgresSession): Promise<number> {
  const { rows } = await session.ask({ text: "SELECT COALESCE(max(epoch), 0) FROM writer" });
  return numberIn(rows[0]?.[0]);
}

async function nextEpoch(session: PostgresSession): Promise<number> {
  const update = "UPDATE writer SET epoch = epoch + 1 RETURNING epoch";
  const insert = "INSERT INTO writer VALUES (1) RETURNING epoch";
  const { rows } = await session.ask({ text: update });
  const [row] = rows.length > 0 ? rows : (await session.ask({ text: insert })).rows;
  return numberIn(row?.[0]);
}

async function holderOf(session: PostgresSession): Promise<string> {
  const text = `SELECT COALESCE(host(client_addr), 'a Unix socket'), pid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = ${LOCK.class} AND objid = ${LOCK.object} AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  const { rows } = await session.ask({ text });
  const [row] = rows;
  return row === undefined ? "it has just ended" : `it comes from ${row[0]}, PostgreSQL's process ${row[1]}`;
}

function locked(place: string, holder: string, cause: unknown): OperatorError {
  return new OperatorError({
    code: "store.locked",
    message: `the ${place} is in use by another Nephoscope: ${holder}`,
    hint: "stop the other one, or give this one a database of its own with topology.postgres.database",
    status: 503,
    cause,
  });
}

function overtaken(place: string): OperatorError {
  return new OperatorError({
    code: "store.locked",
    message: `another Nephoscope has written to the ${place} since this one was cut off from it`,
    hint: "stop one of them; the one that goes on must be started again, to begin from what is stored",
    status: 503,
  });
}
