import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFrrSpace } from "../../agent/fabric/frr/frr-space.ts";
import { connectVty } from "../../agent/fabric/frr/vty-connection.ts";
import { Lifetime } from "../../core/lifetime.ts";

let lifetime: Lifetime;
let folder: string;

beforeEach(async () => {
  lifetime = new Lifetime();
  folder = await mkdtemp(join(tmpdir(), "nephoscope-vty-"));
  lifetime.defer("folder", () => rm(folder, { recursive: true }));
});
afterEach(() => lifetime.end());

/** A daemon that answers each command as it is told, and what it was asked. */
async function daemon(name: string, answer: (command: string, socket: Socket) => void): Promise<readonly string[]> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      const command = data.toString().replace("\0", "");
      asked.push(command);
      if (command === "enable") socket.write("\0\0\0\0");
      else answer(command, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(join(folder, name), resolve));
  lifetime.defer("daemon", () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return asked;
}

async function open(name: string) {
  const vty = await connectVty(join(folder, name), lifetime.signal);
  if (vty === undefined) throw new Error("not connected");
  return vty;
}

test("an answer comes whole, however its bytes come; what the daemon does not know is no answer", async () => {
  await daemon("bgpd.vty", async (command, socket) => {
    if (command === "unknown") return void socket.write("% Unknown command\n\0\0\0\x02");
    for (const byte of Buffer.from(`{"é":1}\0\0\0\0`)) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
  });
  const vty = await open("bgpd.vty");
  const answers = [vty.ask("show one"), vty.ask("unknown"), vty.ask("show two")];
  expect(await Promise.all(answers)).toEqual(['{"é":1}', undefined, '{"é":1}']);
  vty.close();
});

test("a daemon that is gone in the middle of an answer is told, and so are the questions that wait", async () => {
  await daemon("bgpd.vty", (_, socket) => {
    socket.write("{");
    socket.destroySoon();
  });
  const vty = await open("bgpd.vty");
  const answers = [vty.ask("show one"), vty.ask("show two")];
  for (const answer of answers) await expect(answer).rejects.toMatchObject({ code: "agent.frr_unanswered" });
});

test("nobody there is no daemon", async () => {
  expect(await connectVty(join(folder, "nobody.vty"), lifetime.signal)).toBeUndefined();
  expect(await openFrrSpace(folder, undefined, lifetime.signal).read(0)).toBeUndefined();
});

test("a question that is answered with too much is not asked again for long, and hides nothing else", async () => {
  const huge = Buffer.alloc(5 * 1024 * 1024, " ");
  const asked = await daemon("zebra.vty", (command, socket) => {
    if (command === "show evpn vni json") socket.write(huge);
    else socket.write(`${command.includes("route") ? '{"routesTotal":7,"routesTotalFib":6}' : "{}"}\0\0\0\0`);
  });
  const space = openFrrSpace(folder, undefined, lifetime.signal);
  for (const nowMs of [0, 10_000, 20_000]) {
    const reading = await space.read(nowMs);
    expect(space.answers().zebra).toBe(true);
    expect(reading?.routes.get("ipv4")).toEqual({ routes: 7, fibRoutes: 6 });
  }
  const times = (command: string) => asked.filter((it) => it === command).length;
  expect(times("show evpn vni json")).toBe(1);
  expect(times("show ip route summary json")).toBe(1);
  await space.read(700_000);
  expect(times("show evpn vni json")).toBe(2);
});
