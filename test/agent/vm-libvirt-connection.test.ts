import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcReader } from "../../agent/proc-reader.ts";
import { openLibvirt } from "../../agent/vm/libvirt/libvirt-client.ts";
import { STATS } from "../../agent/vm/libvirt/protocol.ts";
import { connectRpc, LibvirtRefusal } from "../../agent/vm/libvirt/rpc-connection.ts";
import { createRpcSplitter, type RpcMessage } from "../../agent/vm/libvirt/rpc-message.ts";
import { XdrWriter } from "../../agent/vm/libvirt/xdr-writer.ts";
import { libvirtProbe } from "../../agent/vm/libvirt-probe.ts";
import { systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { eventually } from "../fixtures/eventually.ts";
import { quietContext } from "./probe-context.ts";
import { recordedLog } from "./recorded-log.ts";

let lifetime: Lifetime;
let path: string;

beforeEach(() => {
  lifetime = new Lifetime();
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-rpc-"));
  lifetime.defer("folder", () => rmSync(folder, { recursive: true }));
  path = join(folder, "sock-ro");
});
afterEach(() => lifetime.end());

/** A daemon that answers each call as told; undefined: not at all. */
async function daemon(answer: (call: RpcMessage, socket: Socket) => Buffer | undefined): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const split = createRpcSplitter();
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      for (const call of split.push(chunk)) {
        const bytes = answer(call, socket);
        if (bytes !== undefined) socket.write(bytes);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  lifetime.defer("daemon", () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

function reply({ program, procedure, serial }: RpcMessage, status: number, payload: Buffer): Buffer {
  const header = new XdrWriter()
    .unsigned(28 + payload.length)
    .unsigned(program)
    .unsigned(1)
    .int(procedure);
  return Buffer.concat([header.int(1).unsigned(serial).int(status).bytes(), payload]);
}

const ok = (call: RpcMessage, payload: Buffer = Buffer.alloc(4)) => reply(call, 0, payload);
const refusal = (call: RpcMessage, number: number, text: string) =>
  reply(call, 1, new XdrWriter().int(number).int(10).unsigned(1).string(text).bytes());
const quiet = { onEvent: () => {}, onMessage: () => {}, onClose: () => {} };

test("the socket of a modular daemon is found as well, and an empty host has no machines", async () => {
  path = path.replace(/sock-ro$/, "virtqemud-sock-ro");
  await daemon((call) => ok(call, Buffer.alloc(8)));
  const { log } = recordedLog();
  const deps = { host: "h", proc: createProcReader(), clock: systemClock, log };
  const { probe, presence } = libvirtProbe({ libvirtRunFolder: dirname(path), guestAgent: true }, deps);
  const over = new AbortController();
  const session = await probe.detect(quietContext({ signal: over.signal }));
  expect(session?.contribute?.({ host: "h", kernel: undefined }).elements).toEqual([]);
  expect(presence.hasAnswered).toBe(true);
  over.abort();
  expect(await session?.ended).toBeDefined();
});

test("where nobody listens there is no libvirt, and that is no error", async () => {
  expect(await openLibvirt(path, true, quiet)).toBeUndefined();
});

test("what libvirt refuses is told with its number and its words", async () => {
  await daemon((call) => (call.procedure === 14 ? refusal(call, 42, "Domain not found") : ok(call)));
  const client = await openLibvirt(path, true, quiet);
  const asked = client?.xml({ name: "a", uuid: "4d0e8f80-1111-4222-8333-abcdefabcdef", id: 1 });
  await expect(asked).rejects.toThrow(LibvirtRefusal);
  await expect(asked).rejects.toMatchObject({ number: 42, message: "libvirt: Domain not found" });
});

test("a daemon that wants a password is told as something to mend", async () => {
  await daemon((call) => ok(call, new XdrWriter().unsigned(1).int(1).bytes()));
  await expect(openLibvirt(path, true, quiet)).rejects.toMatchObject({ code: "agent.libvirt_auth" });
});

test.each([
  ["no protocol at all", (_: RpcMessage) => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["an answer that promises more than it has", (call: RpcMessage) => ok(call, new XdrWriter().unsigned(1000).bytes())],
])("%s ends the connection and fails the call", async (_, answer) => {
  await daemon(answer);
  const closed = Promise.withResolvers<string>();
  const rpc = await connectRpc(path, { onMessage: () => {}, onClose: closed.resolve });
  const payload = Buffer.alloc(0);
  const call = rpc?.call({ program: 1, procedure: 344, payload, timeoutMs: 5_000, parse: (reader) => reader.string() });
  await expect(call).rejects.toMatchObject({ code: "agent.libvirt" });
  expect(await closed.promise).toMatch(/libvirt|cannot be read/);
});

test("a call that hangs fails in time, holds up no other, and is known to be answered late", async () => {
  let held: { readonly call: RpcMessage; readonly socket: Socket } | undefined;
  await daemon((call, socket) => {
    if (call.procedure !== 344) return ok(call, call.procedure === 157 ? Buffer.alloc(8) : undefined);
    held = { call, socket };
    return undefined;
  });
  const client = await openLibvirt(path, true, quiet);
  let isLate = false;
  const onLate = () => {
    isLate = true;
  };
  const hanging = client?.stats([], { groups: STATS.block, timeoutMs: 20, onLate });
  expect(await client?.libraryVersion()).toBe(0);
  await expect(hanging).rejects.toMatchObject({ code: "agent.libvirt" });
  expect(isLate).toBe(false);
  held?.socket.write(ok(held.call));
  await eventually(() => isLate);
});

test("no more calls are sent than libvirt works on at once", async () => {
  let received = 0;
  await daemon((call) => {
    if (call.procedure !== 344) return ok(call);
    received++;
    return undefined;
  });
  const client = await openLibvirt(path, true, quiet);
  const calls = Array.from({ length: 8 }, () => client?.stats([], { groups: STATS.cpu, timeoutMs: 50 }));
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect(received).toBe(5);
});
