import { afterEach, expect, test } from "vitest";
import { OperatorError } from "../../../core/errors.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";
import { recordedLog } from "../../agent/recorded-log.ts";

let app: HttpServer;
afterEach(() => app.close());

async function serverThatThrows(error: unknown) {
  const recorded = recordedLog();
  app = await createHttpServer({ version: "test", log: recorded.log });
  app.get("/throws", { config: { access: "public" } }, async () => {
    throw error;
  });
  return recorded;
}

test("a bug is not explained to the client, but the log has its stack under the same trace id", async () => {
  const recorded = await serverThatThrows(new TypeError("a detail that may be anything"));
  const answer = await app.inject("/throws");
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain("a detail that may be anything");
  expect(JSON.stringify(recorded.entries)).toContain("a detail that may be anything");
  expect(JSON.stringify(recorded.entries)).toContain(answer.json().trace_id);
});

test("what an operator can act on is told with code and hint, and is no error of the log", async () => {
  const error = new OperatorError({ code: "a.code", message: "what", hint: "do this", status: 409 });
  const recorded = await serverThatThrows(error);
  const answer = await app.inject("/throws");
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  expect(answer.json()).toMatchObject({ status: 409, code: "a.code", detail: "what", hint: "do this" });
  expect(recorded.entries).toEqual([]);
});

test("an address that cannot be decoded is answered like every other mistake", async () => {
  await serverThatThrows(new Error("never"));
  const answer = await app.inject("/%ff");
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  expect(answer.json()).toMatchObject({ status: 400, code: "http.bad_request", hint: expect.any(String) });
});
