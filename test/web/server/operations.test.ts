import { join } from "node:path";
import { Type } from "typebox";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { silentLog } from "../../../core/log.ts";
import { openEmbeddedState } from "../../../store/embedded/state.ts";
import { OperationsLog } from "../../../store/operations-log.ts";
import type { StateStore } from "../../../store/state-store.ts";
import { createAccessCheck, registerAccess } from "../../../web/server/access.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";
import { noteOperation } from "../../../web/server/operations.ts";
import { registerOperationsLogRoute } from "../../../web/server/operations-log-route.ts";
import type { EndedRequest } from "../../../web/server/request-trace.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { temporaryFolder } from "../../integration/fixtures/nephoscope.ts";

let folder: ReturnType<typeof temporaryFolder>;
let store: StateStore;
let log: OperationsLog;
let app: HttpServer;
let ended: EndedRequest[];
/** How the entry stood when the handler ran. */
let seen: string[];

beforeEach(async () => {
  folder = temporaryFolder();
  store = openEmbeddedState(join(folder.path, "state.sqlite"));
  log = new OperationsLog(store, { clock: systemClock, log: silentLog });
  ended = [];
  seen = [];
  app = await createHttpServer({
    version: "test",
    log: silentLog,
    operations: log,
    onEnded: (request) => ended.push(request),
  });
  registerAccess(app, createAccessCheck({ people: [], agents: [] }));
  registerOperationsLogRoute(app, { operations: log, clock: systemClock });
  app.post(
    "/things",
    {
      config: { access: "operator", operation: "thing.change" },
      schema: { body: Type.Object({ how: Type.String() }) },
    },
    async (request) => {
      noteOperation(request, { element: "thing 1", before: "old" });
      seen.push(...(await log.page({ limit: 9 })).operations.map(({ outcome }) => outcome));
      if (request.body.how === "refused") throw problem(409);
      if (request.body.how === "broken") throw new Error("a bug");
      noteOperation(request, { after: request.body.how });
      return { done: true };
    },
  );
});
afterEach(async () => {
  await app.close();
  store.close();
  folder.remove();
});

const problem = (status: number) =>
  new OperatorError({ code: "thing.refused", message: "no", hint: "ask differently", status });
const headers = { host: "127.0.0.1", traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
const change = (how: unknown) => app.inject({ method: "POST", url: "/things", headers, payload: { how } as object });
const entries = async () => (await log.page({ limit: 9 })).operations;

test("a route that may change something and does not say what it is called is refused at start", () => {
  const add = (method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE") => () =>
    app.route({ method, url: `/${method}`, config: { access: "viewer" }, handler: async () => ({}) });
  for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
    expect(add(method)).toThrow(`${method} /${method} does not say what it is called in the operations log`);
  }
  expect(add("GET")).not.toThrow();
});

test("a change is in the log before it is made, and how it went before it is answered", async () => {
  expect((await change("new")).statusCode).toBe(200);
  expect(seen).toEqual(["begun"]);
  expect(await entries()).toMatchObject([
    {
      what: "thing.change",
      who: "local",
      role: "loopback",
      from: "127.0.0.1",
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      outcome: "done",
      status: 200,
      element: "thing 1",
      before: "old",
      after: "new",
    },
  ]);
});

test.each([
  ["refused", 409, "refused", "thing.refused"],
  ["broken", 500, "failed", "internal"],
])("one that is %s is there with its outcome and code", async (how, status, outcome, code) => {
  expect((await change(how)).statusCode).toBe(status);
  const [entry] = await entries();
  expect(entry).toMatchObject({ outcome, status, code, before: "old" });
  expect(entry?.after).toBeUndefined();
});

test("what cannot be asked for changes nothing and is not there; questions are not either", async () => {
  expect((await change({ not: "a text" })).statusCode).toBe(400);
  await app.inject({ url: "/api/v1/operations", headers });
  expect(await entries()).toEqual([]);
});

test("with a full disk the change is refused, not made unseen", async () => {
  store.commit = () => {
    throw new OperatorError({ code: "store.full", message: "no space left", hint: "free some", status: 503 });
  };
  const answer = await change("new");
  expect([answer.statusCode, answer.json().code]).toEqual([503, "store.full"]);
  expect(seen).toEqual([]);
});

test("they are read by page, filtered, with times as people write them", async () => {
  for (const how of ["1", "2", "3", "refused"]) await change(how);
  const get = async (query: string) => (await app.inject({ url: `/api/v1/operations?${query}`, headers })).json();
  const first = await get("limit=3");
  expect(first.operations.map(({ after, outcome }: { after?: string; outcome: string }) => after ?? outcome)).toEqual([
    "refused",
    "3",
    "2",
  ]);
  const second = await get(`limit=3&after=${first.next}`);
  expect(second).toMatchObject({ operations: [{ after: "1", trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" }] });
  expect(second.next).toBeUndefined();
  expect((await get("who=ada")).operations).toEqual([]);
  expect((await get("what=thing&from=now-1m")).operations.length).toBe(4);
  expect((await get("to=now-1m")).operations).toEqual([]);
  expect(await get("from=yesterday")).toMatchObject({ status: 400 });
});

test("every request is told of once, at its end, with the trace of its caller", async () => {
  await change("new");
  await app.inject({ url: "/nothing", headers: { host: "127.0.0.1" } });
  await eventually(() => ended.length === 2, { what: "two ends" });
  expect(ended).toMatchObject([
    {
      method: "POST",
      route: "/things",
      status: 200,
      isOperation: true,
      trace: { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentSpanId: "00f067aa0ba902b7", isSampled: true },
    },
    { method: "GET", route: undefined, status: 404, isOperation: false, trace: { parentSpanId: undefined } },
  ]);
});
