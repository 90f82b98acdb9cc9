import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectJsonRpc, type JsonRpcHandlers } from "../../agent/ovs/json-rpc-connection.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { eventually } from "../fixtures/eventually.ts";

const SERVER = { name: "database", code: "agent.ovsdb", hint: "is ovsdb-server running?" };

let lifetime: Lifetime;
let socketPath: string;
let received: string;
let server: Socket | undefined;

/** A server that says nothing by itself; the test writes to `server`. */
beforeEach(async () => {
  lifetime = new Lifetime();
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-ovsdb-"));
  lifetime.defer("folder", () => rmSync(folder, { recursive: true }));
  socketPath = join(folder, "db.sock");
  received = "";
  const listener = createServer((socket) => {
    server = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (received += chunk));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => listener.listen(socketPath, resolve));
  lifetime.defer("server", async () => {
    server?.destroy();
    await new Promise((resolve) => listener.close(resolve));
  });
});
afterEach(() => lifetime.end());

async function connect(handlers: Partial<JsonRpcHandlers> = {}) {
  const connection = await connectJsonRpc(socketPath, SERVER, {
    onNotification: () => {},
    onClose: () => {},
    ...handlers,
  });
  lifetime.defer("connection", () => connection.close());
  await eventually(() => server, { what: "the server's side" });
  return connection;
}

test("the server's probes are answered, else it would drop the connection", async () => {
  await connect();
  server?.write('{"method":"echo","params":["are you there"],"id":"echo"}');
  await eventually(() => received !== "", { what: "the answer" });
  expect(JSON.parse(received)).toEqual({ id: "echo", result: ["are you there"], error: null });
});

test("an answer goes to its call, also when notifications come between and pieces are cut anywhere", async () => {
  const notified: unknown[] = [];
  const connection = await connect({ onNotification: (method, params) => notified.push([method, params]) });
  const [first, second] = [connection.call("get_schema", ["A"]), connection.call("get_schema", ["B"])];
  await eventually(() => received.includes('"B"'), { what: "both calls" });
  const text =
    '{"id":2,"result":"two","error":null}{"id":null,"method":"update2","params":["m",{}]}{"id":1,"result":"one","error":null}';
  for (const character of text) server?.write(character);
  expect(await Promise.all([first, second])).toEqual(["one", "two"]);
  expect(notified).toEqual([["update2", ["m", {}]]]);
});

test("a call that the server refuses, or that it never answers before it goes, fails with a hint", async () => {
  const closed: string[] = [];
  const connection = await connect({ onClose: (reason) => closed.push(reason) });
  const refused = connection.call("nonsense", []);
  const lost = connection.call("get_schema", ["A"]);
  server?.write('{"id":1,"result":null,"error":"unknown method"}');
  await expect(refused).rejects.toMatchObject({
    code: "agent.ovsdb_refused",
    message: expect.stringContaining("unknown method"),
  });
  server?.destroy();
  await expect(lost).rejects.toMatchObject({ code: "agent.ovsdb" });
  expect(closed).toHaveLength(1);
});

test("what is no JSON ends the connection", async () => {
  const closed: string[] = [];
  await connect({ onClose: (reason) => closed.push(reason) });
  server?.write("HTTP/1.1 400 Bad Request]");
  await eventually(() => closed.length === 1, { what: "the end" });
});

test("a socket that is not there fails with a hint", async () => {
  const handlers = { onNotification: () => {}, onClose: () => {} };
  await expect(connectJsonRpc("/nowhere/db.sock", SERVER, handlers)).rejects.toMatchObject({
    code: "agent.ovsdb",
    hint: expect.stringContaining("ovsdb-server"),
  });
});
