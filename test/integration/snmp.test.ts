import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { type Snmpd, startSnmpd } from "./fixtures/snmpd.ts";

const folder = temporaryFolder();
let snmpd: Snmpd;
let nephoscope: Nephoscope;

beforeAll(async () => {
  snmpd = await startSnmpd("leaf-1");
  const { address, community, user } = snmpd;
  writeFileSync(join(folder.path, "community"), `${community}\n`);
  const pace = { interval_seconds: 1, timeout_seconds: 1, request_timeout_seconds: 0.2, retries: 1 };
  const v3 = {
    version: "3",
    user: user.name,
    auth_password: user.authPassword,
    privacy_password: user.privacyPassword,
    targets: [address],
  };
  const jobs = [
    { job: "v2c", targets: [address], community_file: join(folder.path, "community"), labels: { rack: "r1" } },
    { job: "v3", ...v3, cluster: "az-3" },
    { job: "wrong-community", targets: [address], community: "guess" },
    { job: "wrong-user", ...v3, user: "nobody" },
    { job: "wrong-password", ...v3, auth_password: "not-the-passphrase" },
    { job: "wrong-privacy", ...v3, privacy_password: "not-the-passphrase" },
    { job: "no-password", targets: [address], version: "3", user: user.name },
  ];
  const config = join(folder.path, "nephoscope.yaml");
  writeFileSync(config, stringify({ snmp: jobs.map((job) => ({ ...job, ...pace })) }));
  nephoscope = await startNephoscope({
    data: join(folder.path, "data"),
    settings: ["agent.enabled=false"],
    flags: ["--config", config],
  });
});
afterAll(async () => {
  await nephoscope?.stop();
  await snmpd?.stop();
  folder.remove();
});

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

async function ask(query: string): Promise<readonly Found[]> {
  const answer = await (await fetch(`${nephoscope.url}/api/v1/query?query=${encodeURIComponent(query)}`)).json();
  const { data }: { data: { result: readonly Found[] } } = answer;
  return data.result;
}

const found = (query: string) =>
  eventually(async () => (await ask(query))[0], { withinMs: 30_000, what: `an answer to ${query}` });

const loopback = (counter: string) => Number(readFileSync(`/sys/class/net/lo/statistics/${counter}`, "utf8"));

describe("the interfaces of a real snmpd", () => {
  test("are asked for by the switch's own name and theirs, with what the configuration adds", async () => {
    const { metric } = await found('switch_if_up{interface="lo",rack="r1"}');
    expect(metric).toEqual({
      __name__: "switch_if_up",
      cluster: "test",
      host: "leaf-1",
      interface: "lo",
      descr: "lo",
      rack: "r1",
    });
  });

  test("have the kernel's counters and states", async () => {
    // Of packets Debian's snmpd counts none on a loopback interface.
    const counters = { rx_bytes: "rx_bytes", tx_bytes: "tx_bytes", tx_errors: "tx_errors" };
    for (const [field, counter] of Object.entries(counters)) {
      const { value } = await found(`switch_if_${field}{interface="lo",cluster="test"}`);
      expect(Number(value[1]), field).toBeLessThanOrEqual(loopback(counter));
      // What was counted since the start of this machine, and not of this test.
      expect(Number(value[1]), field).toBeGreaterThanOrEqual(loopback(counter) / 2);
    }
    expect((await found('switch_if_up{interface="lo",cluster="test"}')).value[1]).toBe("1");
    expect((await found('switch_if_admin_up{interface="lo",cluster="test"}')).value[1]).toBe("1");
    expect(Number((await found('switch_uptime_s{host="leaf-1",cluster="test"}')).value[1])).toBeGreaterThan(0);
    const names = (await ask('switch_if_up{cluster="test"}')).map(({ metric }) => metric.interface);
    expect((await found('switch_interfaces{cluster="test"}')).value[1]).toBe(String(names.length));
  });

  test("are read by SNMP 3 with authentication and privacy, into another cluster", async () => {
    await found('switch_if_rx_bytes{interface="lo",cluster="az-3",host="leaf-1"}');
  });
});

describe("a switch that gives nothing", () => {
  interface Target {
    readonly scrapePool: string;
    readonly health: string;
    readonly lastError: string;
    readonly hint?: string;
  }
  const targetOf = (job: string) =>
    eventually(
      async () => {
        const { data }: { data: { activeTargets: readonly Target[] } } = JSON.parse(
          await (await fetch(`${nephoscope.url}/api/v1/targets`)).text(),
        );
        return data.activeTargets.find(({ scrapePool, health }) => scrapePool === job && health !== "unknown");
      },
      { withinMs: 30_000, what: `a round of ${job}` },
    );

  test.each([
    ["wrong-community", /no answer within 200 ms, sent 2 times/, /the community: to a wrong one a switch says nothing/],
    ["wrong-user", /user/i, /does not know the user/],
    ["wrong-password", /digest/i, /refuses the password: check auth_protocol and auth_password/],
    ["wrong-privacy", /no answer/, /and its passwords/],
    ["no-password", /authorization/i, /auth_/],
  ])("for %s is down, with why and what to do", async (job, reason, hint) => {
    const target = await targetOf(job);
    expect(target.health).toBe("down");
    expect(target.lastError).toMatch(reason);
    expect(target.hint).toMatch(hint);
    expect((await found(`up{job="${job}"}`)).value[1]).toBe("0");
  });

  test("is on the System page as well", async () => {
    const status = await (await fetch(`${nephoscope.url}/api/v1/status`)).json();
    const { parts }: { parts: readonly { name: string; state: string; detail: string; hint?: string }[] } = status;
    expect(parts.find(({ name }) => name === "snmp")).toMatchObject({
      state: "degraded",
      detail: expect.stringMatching(/2 of 7 targets answer/),
      hint: expect.any(String),
    });
  });
});
