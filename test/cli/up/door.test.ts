import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io } from "socket.io-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDoor } from "../../../cli/up/door.ts";
import { AGENT_NAMESPACE } from "../../../core/agent-protocol.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { createHttpServer } from "../../../web/server/http.ts";

let lifetime: Lifetime;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

const newDoor = (port = 0) => openDoor({ address: "127.0.0.1", port, tls: undefined }, lifetime);

test("before it is opened it is alive, not ready, and says what it waits for", async () => {
  const door = await newDoor();
  const url = `http://127.0.0.1:${door.port}`;
  door.waitFor("250000 elements of main loaded");
  const health = await fetch(`${url}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
  for (const [path, method] of [
    ["/readyz", "GET"],
    ["/api/v1/topology", "GET"],
    ["/api/v2/write", "POST"],
  ] as const) {
    const reply = await fetch(`${url}${path}`, { method, ...(method === "POST" && { body: "x".repeat(100_000) }) });
    expect(reply.status).toBe(503);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.headers.get("retry-after")).toBe("2");
    const detail = expect.stringContaining("250000 elements of main loaded");
    expect(await reply.json()).toMatchObject({ code: "not_ready", status: 503, detail, hint: expect.anything() });
  }
});

test("an agent that connects too early fails and may come again", async () => {
  const door = await newDoor();
  const socket = io(`http://127.0.0.1:${door.port}${AGENT_NAMESPACE}`, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
  });
  const error = await new Promise((resolve) => socket.once("connect_error", resolve));
  expect(String(error)).toContain("websocket error");
  socket.disconnect();
});

test("once opened, what stands behind it answers, on connections that were there before too", async () => {
  const door = await newDoor();
  const url = `http://127.0.0.1:${door.port}/hello`;
  expect((await fetch(url)).status).toBe(503);
  let answer: Parameters<typeof door.open>[0] = () => {};
  const app = await createHttpServer({
    version: "0",
    log: silentLog,
    serverFor: (handler) => {
      answer = handler;
      return door.server;
    },
  });
  app.get("/hello", async () => ({ said: "hello" }));
  await app.ready();
  door.open(answer);
  expect(await (await fetch(url)).json()).toEqual({ said: "hello" });
  await app.close();
});

test("a port that is taken is said so", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  await expect(newDoor(port)).rejects.toMatchObject({ code: "listen.port_in_use" });
  await new Promise((resolve) => other.close(resolve));
});
