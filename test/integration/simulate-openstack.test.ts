import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { eventually } from "../fixtures/eventually.ts";
import { ask, signIn } from "../simulator/openstack/client.ts";

const MAIN = join(import.meta.dirname, "../../cli/main.ts");
/** Nobody listens there: what is tested is what the simulator itself serves. */
const NO_COLLECTOR = "http://127.0.0.1:9";

test("simulate serves the OpenStack of its cloud, whose servers come and go with the day", async () => {
  const beganAt = systemClock.now();
  const size = ["--hosts", "20", "--clusters", "2", "--vms-per-host", "3", "--seed", "5", "--begin", String(beganAt)];
  const churn = ["--rate", "boots=20000", "--rate", "deletions=20000", "--metrics-interval", "off"];
  const place = ["--openstack", "127.0.0.1:0", "--openstack-release", "wallaby", "--openstack-drift", "1"];
  const args = [MAIN, "simulate", "--collector", NO_COLLECTOR, ...size, ...churn, ...place];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  const ended = once(child, "exit");
  try {
    const lines = await eventually(() => {
      const found = said.split("\n").filter((line) => line.startsWith("OpenStack of "));
      return found.length === 2 && found;
    });
    expect(lines.map((line) => line.split(":")[0])).toEqual(["OpenStack of sim-1", "OpenStack of sim-2"]);
    const [, authUrl = "", id = "", secret = ""] =
      /: (http\S+) .*application credential (\w+), secret (\S+)/.exec(lines[1] ?? "") ?? [];
    const identity = { methods: ["application_credential"], application_credential: { id, secret } };
    const reply = await signIn(authUrl, { auth: { identity } });
    expect(reply.status).toBe(201);
    const token = reply.headers.get("x-subject-token") ?? "";
    const nova = reply.body.token.catalog.find(({ type }: { type: string }) => type === "compute").endpoints[0].url;
    const headers = { "x-auth-token": token, "openstack-api-version": "compute latest" };
    const idsOf = async (query: string) =>
      (await ask(`${nova}/servers/detail?all_tenants=1${query}`, { headers })).body.servers.map(
        (server: { id: string; status: string }) => `${server.id} ${server.status}`,
      );
    const first: readonly string[] = await idsOf("");
    expect(first.length).toBeGreaterThan(15);
    const since = `&changes-since=${new Date(beganAt).toISOString()}`;
    await eventually(async () => {
      const changed: readonly string[] = await idsOf(since);
      const isGone = (each: string) => each.endsWith(" DELETED");
      return changed.some(isGone) && !changed.every(isGone);
    });
    expect((await ask(nova, { headers })).body.version.version).toBe("2.88");
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
});

test.each([
  ["--openstack 127.0.0.1:0 --offline", "OpenStack is served of a cloud that lives now"],
  ["--openstack nowhere", "write it as 127.0.0.1:15000"],
  ["--openstack 127.0.0.1:0 --openstack-release kilo", "give one of queens, train"],
])("simulate %s is refused: %s", async (flags, hint) => {
  const child = spawn(process.execPath, [MAIN, "simulate", ...flags.split(" ")], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
  const [code] = await once(child, "exit");
  expect(code).not.toBe(0);
  expect(said).toContain(hint);
});
