import { DatabaseError } from "pg";
import { describe, expect, test } from "vitest";
import { OperatorError } from "../../core/errors.ts";
import { endsSession, postgresError } from "../../store/postgres/postgres-errors.ts";

function serverError(code: string, message: string, severity = "ERROR"): DatabaseError {
  const error = new DatabaseError(message, 0, "error");
  return Object.assign(error, { code, severity });
}

describe("what a failure means for an operator", () => {
  test.each<[sqlState: string, message: string, code: string]>([
    ["57P01", "terminating connection due to administrator command", "store.unavailable"],
    ["57P03", "the database system is starting up", "store.unavailable"],
    ["58030", "could not read block 3 of relation base/1/2: Input/output error", "store.unavailable"],
    ["57014", "canceling statement due to statement timeout", "store.busy"],
    ["55P03", "canceling statement due to lock timeout", "store.busy"],
    ["40P01", "deadlock detected", "store.busy"],
    ["53300", "sorry, too many clients already", "store.busy"],
    ["53200", "out of memory", "store.busy"],
    ["53100", 'could not extend file "base/1/2": No space left on device', "store.full"],
    ["58030", "could not write to file: No space left on device", "store.full"],
    ["XX000", "could not extend file: Disk quota exceeded", "store.full"],
    ["XX001", "invalid page in block 0 of relation base/1/2", "store.damaged"],
    ["XX002", "index is not a btree", "store.damaged"],
    ["42P01", 'relation "changes" does not exist', "store.damaged"],
    ["28P01", "password authentication failed for user", "store.unreadable"],
    ["42501", "permission denied for schema nephoscope", "store.unreadable"],
    ["3D000", 'database "nowhere" does not exist', "store.unreadable"],
    ["25006", "cannot execute INSERT in a read-only transaction", "store.unreadable"],
  ])("%s, %s: %s", (sqlState, message, code) => {
    const error = postgresError("PostgreSQL database d at h:1", serverError(sqlState, message));
    expect(error).toBeInstanceOf(OperatorError);
    expect(error).toMatchObject({ code, status: 503, message: expect.stringContaining(message) });
  });

  test.each<[message: string, code: string]>([
    ["connect ECONNREFUSED 127.0.0.1:5432", "store.unavailable"],
    ["Connection terminated unexpectedly", "store.unavailable"],
    ["timeout expired", "store.unavailable"],
    ["Query read timeout", "store.unavailable"],
    ["self-signed certificate", "store.unreadable"],
    ["The server does not support SSL connections", "store.unreadable"],
    ["SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string", "store.unreadable"],
  ])("on the way to the server, %s: %s", (message, code) => {
    expect(postgresError("PostgreSQL database d at h:1", new Error(message))).toMatchObject({ code, status: 503 });
  });

  test.each([
    ["a statement that is wrong", serverError("42601", "syntax error")],
    ["a value that does not fit", serverError("23505", "duplicate key")],
    ["a bug of ours", new TypeError("undefined is not a function")],
    ["what has been said already", new OperatorError({ code: "snapshot.exists", message: "m", hint: "h" })],
  ])("%s comes through as it is", (_, thrown) => {
    expect(postgresError("PostgreSQL database d at h:1", thrown)).toBe(thrown);
  });
});

test.each<[what: string, thrown: unknown, ends: boolean]>([
  ["a refused statement", serverError("23505", "duplicate key"), false],
  ["the server's end of the connection", serverError("57P01", "terminating", "FATAL"), true],
  ["a crash", serverError("XX000", "panic", "PANIC"), true],
  ["a broken connection", new Error("Connection terminated unexpectedly"), true],
])("%s ends the session: %#", (_, thrown, ends) => {
  expect(endsSession(thrown)).toBe(ends);
});
