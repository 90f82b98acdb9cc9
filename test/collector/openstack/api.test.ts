import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { ApiError } from "../../../collector/openstack/api/api-error.ts";
import { catalogueOf } from "../../../collector/openstack/api/catalogue.ts";
import { createHttpClient, retryAfterMs } from "../../../collector/openstack/api/http-client.ts";
import { isAtLeast, negotiate, parseMicroversion } from "../../../collector/openstack/api/microversion.ts";
import { pagesOf } from "../../../collector/openstack/api/pages.ts";
import { RequestGate } from "../../../collector/openstack/api/request-gate.ts";
import type { Query, Reply } from "../../../collector/openstack/api/service-api.ts";
import { ServiceApi } from "../../../collector/openstack/api/service-api.ts";
import { keystoneBase, TokenKeeper } from "../../../collector/openstack/api/token.ts";
import { systemClock } from "../../../core/clock.ts";
import { SetClock } from "../../topology/fakes.ts";

const signal = new AbortController().signal;
const credentials = { kind: "application_credential", id: "i", secret: { kind: "text", text: "s3cret" } } as const;

describe("a token", () => {
  const keystone = (clock: SetClock, life = 3_600_000) => {
    const state = { asked: 0, fails: undefined as ApiError | undefined };
    const keeper = new TokenKeeper({
      signIn: () => ({ authUrl: "http://keystone:5000", credentials }),
      clock,
      ask: async ({ url, body }) => {
        state.asked++;
        expect(url.href).toBe("http://keystone:5000/v3/auth/tokens");
        expect(body).toContain('"s3cret"');
        if (state.fails !== undefined) throw state.fails;
        // Keystone's clock is a year behind.
        const issued = clock.now() - 31_536_000_000;
        const token = {
          issued_at: new Date(issued).toISOString(),
          expires_at: new Date(issued + life).toISOString(),
          catalog: [],
        };
        return { status: 201, headers: { "x-subject-token": `t${state.asked}` }, body: { token } };
      },
    });
    return { keeper, state };
  };

  test("is asked for once by all who want it, and again before it ends, whatever Keystone's clock says", async () => {
    const clock = new SetClock(Date.parse("2026-01-01T00:00:00Z"));
    const { keeper, state } = keystone(clock);
    const tokens = await Promise.all([keeper.current(), keeper.current(), keeper.current()]);
    expect(new Set(tokens.map(({ text }) => text))).toEqual(new Set(["t1"]));
    clock.set(clock.now() + 3_000_000);
    expect((await keeper.current()).text).toBe("t1");
    clock.set(clock.now() + 590_000);
    expect((await keeper.current()).text).toBe("t2");
    expect(state.asked).toBe(2);
  });

  test("that was refused is replaced once, also when many refuse it", async () => {
    const { keeper, state } = keystone(new SetClock(0));
    const token = await keeper.current();
    keeper.refused(token);
    const next = await keeper.current();
    keeper.refused(token);
    expect(await keeper.current()).toBe(next);
    expect(state.asked).toBe(2);
  });

  test("that is not given is not asked for again until a pause is over, which doubles", async () => {
    const clock = new SetClock(1_000);
    const { keeper, state } = keystone(clock);
    state.fails = new ApiError({ kind: "unauthorized", message: "HTTP status 401", hint: "" });
    const refuse = () => expect(keeper.current()).rejects.toBe(state.fails);
    await refuse();
    await refuse();
    expect(state.asked).toBe(1);
    clock.set(11_001);
    await refuse();
    clock.set(22_000);
    await refuse();
    expect(state.asked).toBe(2);
    clock.set(32_000);
    state.fails = undefined;
    expect((await keeper.current()).text).toBe("t3");
  });

  test("is asked for at version 3, however the address is written", () => {
    for (const url of [
      "http://k:5000",
      "http://k:5000/",
      "http://k:5000/v3",
      "http://k:5000/v3/",
      "http://k:5000/v2.0",
    ]) {
      expect(keystoneBase(url)).toBe("http://k:5000/v3");
    }
    expect(keystoneBase("https://k/identity")).toBe("https://k/identity/v3");
  });
});

describe("pages", () => {
  type Body = Record<string, unknown>;
  const read = async (answer: (query: Query) => Body) => {
    const asked: string[] = [];
    const api = {
      get: async (_path: string, query: Query): Promise<Reply> => {
        asked.push(query.map((pair) => pair.join("=")).join("&"));
        return { body: answer(query), serverTimeMs: 5 };
      },
    };
    const ids: unknown[] = [];
    const question = { path: "/ports", member: "ports", pageSize: 2, maxObjects: 10 };
    for await (const { objects } of pagesOf(api, question, signal)) ids.push(...objects.map(({ id }) => id));
    return { ids, asked };
  };
  const next = (marker: string) => ({ ports_links: [{ rel: "next", href: `http://evil.example/x?marker=${marker}` }] });

  test("are read by the marker of the link, from our own endpoint", async () => {
    const { ids, asked } = await read((query) =>
      query.some(([name]) => name === "marker")
        ? { ports: [{ id: "c" }] }
        : { ports: [{ id: "a" }, { id: "b" }], ...next("b") },
    );
    expect(ids).toEqual(["a", "b", "c"]);
    expect(asked).toEqual(["limit=2", "limit=2&marker=b"]);
  });

  test("go on after a full one without a link, until there is nothing new", async () => {
    const all = [["a", "b"], ["c", "d"], []];
    const { ids } = await read(() => ({ ports: (all.shift() ?? []).map((id) => ({ id })) }));
    expect(ids).toEqual(["a", "b", "c", "d"]);
  });

  test("of a service that ignores limit and marker are one, each object once", async () => {
    const { ids, asked } = await read(() => ({ ports: ["a", "b", "c", "b"].map((id) => ({ id })) }));
    expect(ids).toEqual(["a", "b", "c"]);
    expect(asked).toHaveLength(2);
  });

  test.each([
    ["go round", () => ({ ports: [{ id: "a" }, { id: "b" }], ...next("b") }), /go round/],
    ["are of another service", () => ({ servers: [] }), /no list `ports`/],
    ["never end", (query: Query) => pageAfter(query), /more than 10/],
  ])("that %s are an error, and no end of the list", async (_what, answer: (query: Query) => Body, message) => {
    await expect(read(answer)).rejects.toThrow(message);
  });

  function pageAfter(query: Query): Body {
    const last = Number(query.find(([name]) => name === "marker")?.[1] ?? 0);
    return { ports: [{ id: `${last + 1}` }, { id: `${last + 2}` }], ...next(`${last + 2}`) };
  }
});

describe("microversions", () => {
  test.each([
    ["2.1", "2.60", "2.60"],
    ["2.1", "2.96", "2.87"],
    ["2.1", "2.87", "2.87"],
    ["2.90", "2.100", "2.90"],
    [undefined, undefined, undefined],
    ["", "", undefined],
  ])("of a service from %s to %s: %s", (min, max, expected) => {
    const version = negotiate({ min: parseMicroversion(min), max: parseMicroversion(max) }, { major: 2, minor: 87 });
    expect(version === undefined ? undefined : `${version.major}.${version.minor}`).toBe(expected);
  });

  test("are never above what the service has, nor below what it has left", () => {
    const version = fc.record({ major: fc.constant(2), minor: fc.nat(120) });
    fc.assert(
      fc.property(version, version, (one, other) => {
        const [min, max] = one.minor <= other.minor ? [one, other] : [other, one];
        const chosen = negotiate({ min, max }, { major: 2, minor: 87 });
        expect(chosen !== undefined && isAtLeast(max, 2, chosen.minor) && isAtLeast(chosen, 2, min.minor)).toBe(true);
      }),
    );
  });
});

test("endpoints are found by type, region and interface, and have their version", () => {
  const endpoint = (url: string, region = "r1", by = "public") => ({ url, region_id: region, interface: by });
  const catalogue = catalogueOf([
    { type: "compute", endpoints: [endpoint("http://n:8774/v2.1/0123abcd"), endpoint("http://i:8774/v2.1", "r2")] },
    { type: "network", endpoints: [endpoint("http://q:9696/"), endpoint("http://q:9696/v2.0", "r2", "internal")] },
    { type: "volumev3", endpoints: [endpoint("http://c:8776/v3/0123abcd")] },
    { type: "image", endpoints: [endpoint("http://g:9292")] },
    { type: "load-balancer", endpoints: [endpoint("http://o:9876"), endpoint("no address")] },
  ]);
  const url = (service: Parameters<typeof catalogue.urlOf>[0], region = "r1") =>
    catalogue.urlOf(service, region, "public");
  expect(catalogue.regions()).toEqual(["r1", "r2"]);
  expect([url("compute"), url("compute", "r2")]).toEqual(["http://n:8774/v2.1", "http://i:8774/v2.1"]);
  expect([url("network"), url("network", "r2")]).toEqual(["http://q:9696/v2.0", undefined]);
  expect(url("volume")).toBe("http://c:8776/v3/0123abcd");
  expect([url("image"), url("load-balancer"), url("placement")]).toEqual([
    "http://g:9292/v2",
    "http://o:9876/v2",
    undefined,
  ]);
});

describe("over a socket", () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  const serve = async (listener: RequestListener): Promise<URL> => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2.0`);
  };
  const client = (timeoutMs = 5_000) => {
    const http = createHttpClient({ ca: undefined, timeoutMs, maxBytes: 1_000, sockets: 2, clock: systemClock });
    ends.push(() => http.close());
    return http;
  };
  const kindOf = async (url: URL, timeoutMs?: number) =>
    client(timeoutMs)
      .ask({ url, headers: {}, signal })
      .then(
        () => "none",
        (error: unknown) => (error instanceof ApiError ? error.kind : error),
      );

  test.each([
    ["server", (reply: Parameters<RequestListener>[1]) => reply.writeHead(503).end("busy")],
    ["forbidden", (reply: Parameters<RequestListener>[1]) => reply.writeHead(403).end()],
    ["throttled", (reply: Parameters<RequestListener>[1]) => reply.writeHead(429, { "retry-after": "7" }).end()],
    ["refused", (reply: Parameters<RequestListener>[1]) => reply.writeHead(302, { location: "http://x/" }).end()],
    ["malformed", (reply: Parameters<RequestListener>[1]) => reply.end("<html>")],
    ["malformed", (reply: Parameters<RequestListener>[1]) => reply.end("[1]")],
    ["too_large", (reply: Parameters<RequestListener>[1]) => reply.end(`{"a":"${"x".repeat(2_000)}"}`)],
    ["unreachable", (reply: Parameters<RequestListener>[1]) => reply.destroy()],
  ])("an answer that is wrong is called %s", async (kind, answer) => {
    expect(await kindOf(await serve((_request, reply) => void answer(reply)))).toBe(kind);
  });

  test("what hangs before or within an answer ends at its deadline", async () => {
    expect(await kindOf(await serve(() => {}), 50)).toBe("timeout");
    expect(await kindOf(await serve((_request, reply) => void reply.write('{"a":')), 50)).toBe("timeout");
  });

  test("a refused token is replaced once; a new one that is refused, too, is an error", async () => {
    const said: string[] = [];
    let isValid = (_token: string) => true;
    const url = await serve((request, reply) => {
      if (request.url === "/v3/auth/tokens") {
        const endpoints = [{ url: url.origin, region: "r", interface: "public" }];
        const token = { expires_at: "2099-01-01T00:00:00Z", catalog: [{ type: "network", endpoints }] };
        reply.setHeader("x-subject-token", `t${said.push("sign in")}`);
        return reply.writeHead(201).end(JSON.stringify({ token }));
      }
      const token = String(request.headers["x-auth-token"]);
      said.push(token);
      return isValid(token) ? reply.end("{}") : reply.writeHead(401).end();
    });
    const http = client();
    const tokens = new TokenKeeper({
      signIn: () => ({ authUrl: url.origin, credentials }),
      clock: systemClock,
      ask: (question) => http.ask({ ...question, signal }),
    });
    const gate = new RequestGate({ inFlight: 2, perSecond: 1_000 }, systemClock);
    const api = new ServiceApi("network", "r", { http, gate, tokens, clock: systemClock, interface: "public" });
    await api.get("/ports", [], signal);
    isValid = (token) => token !== "t1";
    await api.get("/ports", [], signal);
    expect(said).toEqual(["sign in", "t1", "t1", "sign in", "t4"]);
    isValid = () => false;
    await expect(api.get("/ports", [], signal)).rejects.toMatchObject({ kind: "unauthorized" });
    expect(said.slice(5)).toEqual(["t4", "sign in", "t7"]);
    expect(api.takeFigures()).toMatchObject({ requests: 5, errors: 3 });
  });
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("7", now)).toBe(7_000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:01:00 GMT", now)).toBe(60_000);
  expect(retryAfterMs("Thu, 01 Jan 2020 00:01:00 GMT", now)).toBe(0);
  expect(retryAfterMs("soon", now)).toBeUndefined();
  expect(retryAfterMs(undefined, now)).toBeUndefined();
});

test("no more requests at once, nor in a second, than one cloud may have", async () => {
  const gate = new RequestGate({ inFlight: 2, perSecond: 1_000_000 }, systemClock);
  let [now, most] = [0, 0];
  const request = () =>
    gate.run(signal, async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
    });
  await Promise.all(Array.from({ length: 20 }, request));
  expect([now, most]).toEqual([0, 2]);
});
