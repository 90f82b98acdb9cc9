import { Socket } from "node:net";
import { Client, DatabaseError } from "pg";
import type { SqlRow } from "../sql-database.ts";
import { readCell } from "./postgres-cells.ts";
import { endsSession } from "./postgres-errors.ts";
import { type PostgresSettings, tlsOptions } from "./postgres-settings.ts";

/** Which of the server's processes serves a session: ids are used again, the time (seconds) tells them apart. */
export interface SessionIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** What bounds the waits of a session, in milliseconds. */
export interface SessionLimits {
  /** For one statement. */
  readonly statementMs: number;
  /** For a transaction that asks nothing. */
  readonly idleInTransactionMs: number;
}

/** A value of a statement as the client takes it; arrays become arrays of PostgreSQL. */
export type SessionValue = string | bigint | Buffer | readonly (string | number | Buffer | null)[];

export interface SessionQuery {
  readonly text: string;
  readonly values?: readonly SessionValue[] | undefined;
  /** Prepared once in the session under this name. */
  readonly name?: string | undefined;
}

export interface SessionAnswer {
  /** What was done: `COMMIT`, `INSERT`, … */
  readonly command: string;
  readonly rows: readonly SqlRow[];
}

const CONNECT_WITHIN_MS = 5_000;
/** The server ends a statement that takes too long; a server that does not even do that is given up after this. */
const SILENCE_MARGIN_MS = 10_000;
/** All our tables are in it. */
export const SCHEMA = "nephoscope";

/**
 * For every session: plans for whole answers, without compiling them; `synchronous_commit` even where the server's default
 * is another; and an end for sessions whose client is gone: a lock must not long outlive a host that lost its power.
 */
const SERVER_SETTINGS = {
  search_path: SCHEMA,
  synchronous_commit: "on",
  cursor_tuple_fraction: "1.0",
  jit: "off",
  client_connection_check_interval: "5s",
  tcp_keepalives_idle: "20",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "4",
} as const;

/** One connection. It asks one thing at a time and is not used again once it broke. */
export class PostgresSession {
  readonly identity: SessionIdentity;
  readonly #client: Client;
  readonly #socket: Socket;
  #isBroken = false;

  /** Throws what the client throws; see postgres-errors.ts. */
  static async open(settings: PostgresSettings, limits: SessionLimits): Promise<PostgresSession> {
    const socket = new Socket();
    const client = new Client(clientConfig(settings, limits, socket));
    // Told to whoever asks next: the query under way fails, and the next one finds the session broken.
    let failed = false;
    const onFailure = () => {
      failed = true;
    };
    client.on("error", onFailure).on("end", onFailure);
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number; started: string }>(
        "SELECT pid, extract(epoch FROM backend_start)::text AS started FROM pg_stat_activity WHERE pid = pg_backend_pid()",
      );
      const [row] = rows;
      if (failed || row === undefined) throw new Error("the connection ended at its begin");
      return new PostgresSession(client, socket, { pid: row.pid, startedAt: row.started });
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  private constructor(client: Client, socket: Socket, identity: SessionIdentity) {
    this.#client = client;
    this.#socket = socket;
    this.identity = identity;
    const broke = () => {
      this.#isBroken = true;
    };
    client.on("error", broke).on("end", broke);
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** In a transaction in which no statement has failed. */
  get isInOpenTransaction(): boolean {
    return !this.#isBroken && this.#client.getTransactionStatus() === "T";
  }

  /** Throws what the client throws; the session is closed when that ends it. */
  async ask({ text, values = [], name }: SessionQuery): Promise<SessionAnswer> {
    try {
      const query = { text, values: [...values], rowMode: "array" as const, ...(name === undefined ? {} : { name }) };
      const { command, rows } = await this.#client.query<unknown[]>(query);
      return { command, rows };
    } catch (error) {
      if (endsSession(error)) this.destroy();
      throw error;
    }
  }

  /** At once; what was under way may or may not have happened. */
  destroy(): void {
    this.#isBroken = true;
    this.#socket.destroy();
  }

  /** In order. */
  async close(): Promise<void> {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const timer = setTimeout(() => this.#socket.destroy(), CONNECT_WITHIN_MS);
    await this.#client.end().finally(() => clearTimeout(timer));
  }
}

/** The server's five-letter code of what went wrong; undefined when it was not the server that said so. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

function clientConfig(settings: PostgresSettings, { statementMs, idleInTransactionMs }: SessionLimits, socket: Socket) {
  const { host, port, database, user, password } = settings;
  return {
    host,
    port,
    database,
    user,
    // A function, so that the environment (PGPASSWORD, ~/.pgpass) has no say, and the text is in no dump of the client.
    password: () => password ?? "",
    ssl: tlsOptions(settings),
    stream: () => socket,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    application_name: "nephoscope",
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    query_timeout: statementMs + SILENCE_MARGIN_MS,
    options: Object.entries(SERVER_SETTINGS)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
    types: { getTypeParser: readCell },
  };
}
