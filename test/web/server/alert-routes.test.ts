import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { silentLog } from "../../../core/log.ts";
import type { Incident } from "../../../web/api/alerts.ts";
import { createAccessCheck, registerAccess } from "../../../web/server/access.ts";
import { type IncidentQuery, registerAlertRoutes } from "../../../web/server/alert-routes.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";

const NOW = epochMsOf(Date.UTC(2026, 0, 31, 2, 41, 0));
const INCIDENT: Incident = {
  id: "i1",
  state: "firing",
  severity: "critical",
  rule: "InterfaceDown",
  summary: "eth0 is down",
  description: "",
  labels: { host: "c-1" },
  element: "host/c-1",
  cluster: "c",
  value: 0,
  started_at: NOW,
  notifications: [{ receiver: "feishu", event: "fired", state: "sent", attempts: 1, sent_at: NOW }],
};
const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");

let app: HttpServer;
let asked: IncidentQuery[];
beforeEach(async () => {
  asked = [];
  app = await createHttpServer({ version: "test", log: silentLog });
  const people = [
    { name: "vera", role: "viewer", token_sha256: sha256("v") },
    { name: "otto", role: "operator", token_sha256: sha256("o") },
  ] as const;
  registerAccess(app, createAccessCheck({ people, agents: [] }));
  registerAlertRoutes(app, {
    clock: { now: () => NOW, monotonicMs: () => 0 },
    incidents: (filter) => {
      asked.push(filter);
      return [INCIDENT];
    },
    acknowledge: (id, { who }) => {
      if (id === "i1") return { ...INCIDENT, acknowledged_at: NOW, acknowledged_by: who };
      throw new OperatorError({
        code: "incident.unknown",
        message: "no such incident",
        hint: "list them",
        status: 404,
      });
    },
  });
});
afterEach(() => app.close());

const call = (method: "GET" | "POST", url: string, token: string) =>
  app.inject({ method, url, headers: { authorization: `Bearer ${token}` } });

test("incidents come whole", async () => {
  const answer = await call("GET", "/api/v1/incidents", "v");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ incidents: [INCIDENT] });
});

test.each([
  ["state=firing", { state: "firing" }],
  ["from=2026-01-31T02:00:00Z&to=now", { from: Date.UTC(2026, 0, 31, 2), to: NOW }],
  ["from=now-15m", { from: NOW - 900_000 }],
  [`from=${NOW}`, { from: NOW }],
  [`from=${NOW / 1_000}`, { from: NOW }],
])("%s narrows them", async (query, expected) => {
  expect((await call("GET", `/api/v1/incidents?${query}`, "v")).statusCode).toBe(200);
  expect(asked).toEqual([{ state: undefined, from: undefined, to: undefined, ...expected }]);
});

test.each(["from=yesterday", "to=c@r7", "to=now-1x", "state=open", "from=-5"])(
  "%s is refused with a hint",
  async (query) => {
    const answer = await call("GET", `/api/v1/incidents?${query}`, "v");
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: expect.stringMatching(/^(http.invalid|time.unknown_form)$/),
      hint: expect.any(String),
    });
    expect(asked).toEqual([]);
  },
);

describe("acknowledging", () => {
  test("is journalled under the caller's name", async () => {
    const answer = await call("POST", "/api/v1/incidents/i1/ack", "o");
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ id: "i1", acknowledged_by: "otto", acknowledged_at: NOW });
  });

  test("needs an operator", async () => {
    expect((await call("POST", "/api/v1/incidents/i1/ack", "v")).json()).toMatchObject({ code: "access.forbidden" });
    expect((await call("POST", "/api/v1/incidents/i1/ack", "nobody")).statusCode).toBe(401);
  });

  test("of an unknown incident says so", async () => {
    const answer = await call("POST", "/api/v1/incidents/i2/ack", "o");
    expect([answer.statusCode, answer.json().code]).toEqual([404, "incident.unknown"]);
  });
});
