import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { parseTraceparent } from "../../../core/trace.ts";
import { type AccessCheck, createAccessCheck, registerAccess } from "../../../web/server/access.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";
import { registerSessionRoutes } from "../../../web/server/session-routes.ts";
import { serve } from "./prometheus-site.ts";

const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
const open: HttpServer[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

async function serverWith(check: AccessCheck): Promise<HttpServer> {
  const app = await createHttpServer({ version: "test", log: silentLog });
  open.push(app);
  registerAccess(app, check);
  await registerSessionRoutes(app, { check, tls: false });
  for (const access of ["public", "viewer", "operator", "admin", "agent"] as const) {
    app.get(`/${access}`, { config: { access } }, async (request) => ({ who: request.identity ?? null }));
  }
  return app;
}

const withTokens = createAccessCheck({
  people: [
    { name: "vera", role: "viewer", token_sha256: sha256("v") },
    { name: "otto", role: "operator", token_sha256: sha256("o") },
    { name: "ada", role: "admin", token_sha256: sha256("a") },
  ],
  agents: [{ name: "compute", hosts: ["c-*"], token_sha256: sha256("g") }],
});

describe("with tokens configured", () => {
  test.each([
    [undefined, { public: 200, viewer: 401, operator: 401, admin: 401, agent: 401 }],
    ["wrong", { public: 200, viewer: 401, operator: 401, admin: 401, agent: 401 }],
    ["v", { public: 200, viewer: 200, operator: 403, admin: 403, agent: 403 }],
    ["o", { public: 200, viewer: 200, operator: 200, admin: 403, agent: 403 }],
    ["a", { public: 200, viewer: 200, operator: 200, admin: 200, agent: 200 }],
    ["g", { public: 200, viewer: 403, operator: 403, admin: 403, agent: 200 }],
  ])("token %s gets what its role allows", async (token, expected) => {
    const app = await serverWith(withTokens);
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    for (const [access, status] of Object.entries(expected)) {
      const answer = await app.inject({ url: `/${access}`, headers });
      expect([access, answer.statusCode]).toEqual([access, status]);
      if (status >= 400)
        expect(answer.json()).toMatchObject({ code: expect.stringMatching(/^access\./), hint: expect.any(String) });
    }
  });

  const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

  test.each([
    ["the token of InfluxDB 2", { headers: { authorization: "Token g" } }],
    ["a name and a password in place of a token", { headers: { authorization: "Token any:g" } }],
    ["a name and a password", { headers: { authorization: basic("any", "g") } }],
    ["u and p in the address", { query: { u: "any", p: "g" } }],
  ])("a client of InfluxDB gives its token as %s", async (_name, given) => {
    const app = await serverWith(withTokens);
    expect((await app.inject({ url: "/agent", ...given })).json()).toMatchObject({ who: { name: "compute" } });
  });

  test("a token in the address opens nothing that people look at, and a wrong one nothing at all", async () => {
    const app = await serverWith(withTokens);
    expect((await app.inject({ url: "/viewer", query: { p: "v" } })).statusCode).toBe(401);
    for (const given of [
      { query: { p: "x" } },
      { headers: { authorization: basic("g", "x") } },
      { query: { p: "" } },
    ]) {
      expect((await app.inject({ url: "/agent", ...given })).statusCode).toBe(401);
    }
  });

  test("signing in sets a cookie that scripts cannot read, and the cookie works", async () => {
    const app = await serverWith(withTokens);
    const answer = await app.inject({ method: "POST", url: "/api/v1/session", payload: { token: "o" } });
    expect(answer.statusCode).toBe(204);
    const cookie = String(answer.headers["set-cookie"]);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const asked = await app.inject({ url: "/operator", headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(asked.json()).toEqual({ who: { kind: "person", name: "otto", role: "operator" } });
  });

  test("guessing tokens is slowed down", async () => {
    const app = await serverWith(withTokens);
    const codes: number[] = [];
    for (let i = 0; i < 12; i++) {
      codes.push(
        (await app.inject({ method: "POST", url: "/api/v1/session", payload: { token: `x${i}` } })).statusCode,
      );
    }
    expect(codes.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(codes.slice(10)).toEqual([429, 429]);
  });

  test("a page of another site cannot use the cookie", async () => {
    const app = await serverWith(withTokens);
    const headers = { cookie: "nephoscope_token=a", host: "cloud.example:8642", origin: "https://evil.example" };
    expect((await app.inject({ url: "/viewer", headers })).json()).toMatchObject({
      status: 403,
      code: "access.foreign_page",
    });
    const own = { ...headers, origin: "http://cloud.example:8642" };
    expect((await app.inject({ url: "/viewer", headers: own })).statusCode).toBe(200);
  });
});

describe("on loopback without tokens", () => {
  const none = createAccessCheck({ people: [], agents: [] });

  test("whoever is on this machine is admin", async () => {
    const app = await serverWith(none);
    const answer = await app.inject({ url: "/admin", headers: { host: "127.0.0.1:8642" } });
    expect(answer.json()).toEqual({ who: { kind: "loopback" } });
  });

  test("a name that another site controls is refused (DNS rebinding)", async () => {
    const app = await serverWith(none);
    const answer = await app.inject({ url: "/viewer", headers: { host: "rebound.example:8642" } });
    expect(answer.json()).toMatchObject({ status: 403, code: "access.foreign_host" });
  });
});

test("a route that does not say who may call it is refused at start", async () => {
  const app = await serverWith(withTokens);
  expect(() => app.get("/forgotten", async () => "")).toThrow(/does not say who may call it/);
});

test("every request has a trace id, taken from traceparent when there is one", async () => {
  const app = await serverWith(withTokens);
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  expect((await app.inject({ url: "/nothing", headers })).json()).toMatchObject({
    code: "http.not_found",
    trace_id: traceId,
  });
  expect((await app.inject({ url: "/nothing" })).json().trace_id).toMatch(/^[0-9a-f]{32}$/);
});

test("every answer names its trace in a header, since bodies of other APIs have no place for it", async () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  const refused = await (await serve()).inject({ url: "/api/v1/query?query=bad((", headers });
  expect(refused.json()).toMatchObject({ status: "error", errorType: "bad_data" });
  expect(refused.headers.traceresponse).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  const answered = await (await serve()).inject({ url: "/api/v1/query?query=1" });
  expect(parseTraceparent(String(answered.headers.traceresponse))?.traceId).toMatch(/^[0-9a-f]{32}$/);
});
