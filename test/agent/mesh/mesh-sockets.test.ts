import { spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startMesh } from "../../../agent/mesh/mesh.ts";
import { encodePacket } from "../../../agent/mesh/mesh-packet.ts";
import { openResponder } from "../../../agent/mesh/mesh-sockets.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { recordedLog } from "../recorded-log.ts";

const KEY = "07".repeat(32);

async function bound(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(port, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

test("a port that another program had when the agent came is answered on once it is free", async () => {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const { log, entries } = recordedLog();
  const other = await bound(0);
  const { port } = other.address();
  const random = (bytes: Uint8Array) => void bytes.fill(1);
  const facts = { linkMtu: () => undefined, routeMtu: () => undefined, changed: () => {} };
  const mesh = startMesh({ ...facts, clock: systemClock, log, random }, lifetime);
  const endpoints = [{ path: "underlay", address: "127.0.0.1", port }] as const;
  mesh.follow({ key: KEY, interval_ms: 1_000, peers: [] });
  mesh.offer(endpoints);
  await eventually(() => entries.length > 0);
  other.close();
  const asker = await bound(0);
  onTestFinished(() => void asker.close());
  let answers = 0;
  asker.on("message", () => answers++);
  const question = encodePacket(
    { kind: "ask", asker: "01".repeat(8), number: 1, sentMs: 0, sizeBytes: 44 },
    Buffer.from(KEY, "hex"),
  );
  await eventually(() => {
    mesh.offer(endpoints);
    asker.send(question, port, "127.0.0.1");
    return answers > 0;
  });
  expect(entries).toHaveLength(1);
});

test("a peer there was no way to when the plan came is asked once there is one", () => {
  const parts = new URL("../../../agent/mesh/", import.meta.url).href;
  const script = `
    import { execFileSync } from "node:child_process";
    import { openAsker, openResponder } from "${parts}mesh-sockets.ts";
    const key = Buffer.alloc(32, 7);
    const peer = { host: "p", path: "underlay", class: "rack", address: "127.0.0.1", port: 4000 };
    const packet = { kind: "ask", asker: "01".repeat(8), number: 1, sentMs: 0, sizeBytes: 44 };
    const asker = openAsker(peer, key, { refused() {}, answered() { console.log("answered"); process.exit(0); } });
    setTimeout(async () => {
      execFileSync("ip", ["link", "set", "lo", "up"]);
      await openResponder(peer, () => key, () => 0, () => {});
      setInterval(() => asker.send(packet), 20);
    }, 50);`;
  const words = ["-n", process.execPath, "--input-type=module", "-e", script];
  const asked = spawnSync("unshare", words, { timeout: 10_000, encoding: "utf8" });
  expect(asked.stdout).toBe("answered\n");
});

test("of a flood of questions as many are answered as a second has room for, and the next second others", async () => {
  let nowMs = 0;
  const key = () => Buffer.from(KEY, "hex");
  const free = await bound(0);
  const { port } = free.address();
  await new Promise<void>((resolve) => void free.close(() => resolve()));
  const responder = await openResponder(
    { path: "underlay", address: "127.0.0.1", port },
    key,
    () => nowMs,
    () => {},
  );
  onTestFinished(() => responder.close());
  const asker = await bound(0);
  onTestFinished(() => void asker.close());
  let answers = 0;
  asker.on("message", () => answers++);
  const ask = async (times: number) => {
    for (let number = 0; number < times; number++) {
      const parts = { kind: "ask", asker: "01".repeat(8), number, sentMs: 0, sizeBytes: 44 } as const;
      asker.send(encodePacket(parts, key()), port, "127.0.0.1");
      // Not so many at once that the kernel's own buffer is what loses them.
      if (number % 50 === 0) await wait(5);
    }
  };
  await ask(700);
  await eventually(() => answers >= 500);
  await wait(50);
  expect(answers).toBe(500);
  nowMs = 1_000;
  await ask(10);
  await eventually(() => answers === 510);
});

test("a host is silent when nothing comes back over any path, and refuses only where no path is answered", async () => {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const { log } = recordedLog();
  // Four times as fast: what is silent after four seconds is after one.
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() * 4 };
  const key = () => Buffer.from(KEY, "hex");
  const [mute, left, answering] = [await bound(0), await bound(0), await bound(0)];
  onTestFinished(() => void mute.close());
  const [silent, refusing, whole] = [mute.address().port, left.address().port, answering.address().port];
  for (const socket of [left, answering]) await new Promise<void>((resolve) => void socket.close(() => resolve()));
  const endpoint = { path: "underlay", address: "127.0.0.1", port: whole } as const;
  const responder = await openResponder(endpoint, key, systemClock.monotonicMs, () => {});
  onTestFinished(() => responder.close());
  const host = (name: string, underlay: number, overlay: number) =>
    ([["underlay", underlay] as const, ["overlay", overlay] as const] as const).map(
      ([path, port]) => ({ host: name, path, class: "rack", address: "127.0.0.1", port }) as const,
    );
  const mesh = startMesh(
    {
      clock,
      log,
      random: (bytes) => void bytes.fill(1),
      linkMtu: () => undefined,
      routeMtu: () => undefined,
      changed: () => {},
    },
    lifetime,
  );
  const peers = [
    ...host("dead", silent, silent),
    ...host("overlay-cut", whole, silent),
    ...host("agent-gone", refusing, silent),
    ...host("one-port-free", whole, refusing),
  ];
  mesh.follow({ key: KEY, interval_ms: 100, peers });
  const expected = { silent: ["dead"], refused: ["agent-gone"] };
  const isAsExpected = () =>
    eventually(() => JSON.stringify(mesh.unreached()) === JSON.stringify(expected), {
      what: () => `${JSON.stringify(expected)}, it is ${JSON.stringify(mesh.unreached())}`,
    });
  await isAsExpected();
  // Those of which one path is answered have had as much time on the other.
  await wait(1_000);
  await isAsExpected();
});
