import { DatabaseError } from "pg";
import { messageOf, OperatorError } from "../../core/errors.ts";

/**
 * What a failure of PostgreSQL, or of the way to it, means for an operator. What only a mistake of ours can cause
 * (a statement that is wrong) comes back as it is: a bug.
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */
export function postgresError(place: string, cause: unknown): unknown {
  if (cause instanceof OperatorError || cause instanceof TypeError || cause instanceof RangeError) return cause;
  const failure = cause instanceof DatabaseError ? failureOf(cause) : connectionFailure(cause);
  if (failure === undefined) return cause;
  const { code, message, hint } = FAILURES[failure];
  return new OperatorError({ code, message: `${message(place)}: ${messageOf(cause)}`, hint, status: 503, cause });
}

/** The session is of no more use: what was asked of it may or may not have happened. */
export function endsSession(cause: unknown): boolean {
  if (!(cause instanceof DatabaseError)) return true;
  return cause.severity === "FATAL" || cause.severity === "PANIC";
}

type Failure = keyof typeof FAILURES;

function failureOf({ code = "", message }: DatabaseError): Failure | undefined {
  const known = BY_STATE[code] ?? BY_CLASS[code.slice(0, 2)];
  return known === "unavailable" && /No space left on device|Disk quota/i.test(message) ? "full" : known;
}

function connectionFailure(cause: unknown): Failure {
  const message = messageOf(cause);
  if (/SASL|password/.test(message)) return "forbidden";
  return /certificate|self.signed|SSL|TLS|altname/i.test(message) ? "untrusted" : "unavailable";
}

const BY_STATE: { readonly [sqlState: string]: Failure } = {
  "25006": "readOnly",
  "25P03": "busy", // idle_in_transaction_session_timeout
  "3D000": "absent",
  "42501": "forbidden",
  "42P01": "damaged", // undefined_table: somebody dropped it
  "53100": "full",
  "55P03": "busy", // lock_not_available
  "57014": "busy", // query_canceled: statement_timeout
  XX001: "damaged", // data_corrupted, as is a page whose checksum fails
  XX002: "damaged", // index_corrupted
};

const BY_CLASS: { readonly [sqlClass: string]: Failure } = {
  "08": "unavailable", // connection exception
  "25": "busy", // invalid transaction state: the transaction was ended from outside
  "28": "forbidden", // invalid authorization
  "40": "busy", // transaction rollback: deadlock, serialization
  "53": "busy", // insufficient resources: memory, connections
  "57": "unavailable", // operator intervention: shutdown, crash, starting up
  "58": "unavailable", // system error outside of PostgreSQL
  XX: "unavailable",
};

const FAILURES = {
  unavailable: {
    code: "store.unavailable",
    message: (place: string) => `the ${place} cannot be used`,
    hint: "check that PostgreSQL runs and can be reached from here; nothing acknowledged was lost, and what comes meanwhile is tried again",
  },
  busy: {
    code: "store.busy",
    message: (place: string) => `the ${place} takes too long`,
    hint: "ask again in a few seconds, for a shorter span or a smaller part; look at pg_stat_activity for what holds it up",
  },
  full: {
    code: "store.full",
    message: (place: string) => `no space left on the disk of the ${place}`,
    hint: "free some space; nothing acknowledged was lost, and what comes meanwhile is refused until there is room",
  },
  damaged: {
    code: "store.damaged",
    message: (place: string) => `the ${place} is damaged`,
    hint: "restore it from a backup, or give topology.postgres a new, empty database to begin a new history; nothing was deleted",
  },
  forbidden: {
    code: "store.unreadable",
    message: (place: string) => `the ${place} does not let us in`,
    hint: "check user and password_file below topology.postgres, and that the user owns the database",
  },
  absent: {
    code: "store.unreadable",
    message: () => "PostgreSQL has no such database",
    hint: "make it: CREATE DATABASE nephoscope OWNER nephoscope",
  },
  readOnly: {
    code: "store.unreadable",
    message: (place: string) => `the ${place} takes no changes`,
    hint: "it is a standby, or set to be read only; name the primary in topology.postgres",
  },
  untrusted: {
    code: "store.unreadable",
    message: (place: string) => `the ${place} cannot be trusted`,
    hint: "give the authority of its certificate as topology.postgres.ca_file, and its name as the certificate has it",
  },
} as const;
