import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { Lifetime } from "../../core/lifetime.ts";
import type { Incident } from "../../web/api/alerts.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../fakes/openstack/start.ts";
import { eventually } from "../fixtures/eventually.ts";
import { run } from "./fixtures/command.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { type Snmpd, startSnmpd } from "./fixtures/snmpd.ts";

// What the collector asks for by itself is followed like what agents send: from the round, by the written lines, to the alert.

// Rules wait for more than the very first sample: an alert on that one may begin before it is known which write it came with.
const RULES = `
groups:
  - name: rounds
    interval: 1s
    rules:
      - { alert: Scraped, expr: queue_length > 5, annotations: { summary: "long" } }
      - { alert: TargetDown, expr: 'up{job="node"} == 0', annotations: { summary: "down" } }
      - { alert: Walked, expr: "count_over_time(switch_interfaces[10s]) > 2", annotations: { summary: "a switch" } }
      - { alert: Synced, expr: time() - timestamp(os_sync_objects) > 2, annotations: { summary: "a cloud" } }
`;

const MAIN = join(import.meta.dirname, "../../cli/main.ts");
const folder = temporaryFolder();
const lifetime = new Lifetime();
let page: Server;
let pageStatus = 200;
let queueLength = 0;
let [snmpd, nephoscope, fake]: [Snmpd?, Nephoscope?, FakeOpenStack?] = [];

beforeAll(async () => {
  page = createServer((_request, reply) => {
    reply.statusCode = pageStatus;
    reply.end(`queue_length ${queueLength}\n`);
  });
  page.listen(0, "127.0.0.1");
  await once(page, "listening");
  const bound = page.address();
  let device: Snmpd;
  [fake, device] = await Promise.all([
    startFakeOpenStack({ size: { clusters: 1, hosts: 4, vmsPerHost: 2 } }, lifetime),
    startSnmpd("leaf-1"),
  ]);
  snmpd = device;
  const [secret, rules, config] = ["secret", "rules.yaml", "nephoscope.yaml"].map((name) => join(folder.path, name));
  writeFileSync(secret ?? "", `${fake.credentials(0).applicationCredential.secret}\n`);
  writeFileSync(rules ?? "", RULES);
  const pace = { interval_seconds: 1, timeout_seconds: 1 };
  const sections = {
    scrape: [{ job: "node", targets: [`127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`], ...pace }],
    snmp: [{ targets: [snmpd.address], community: snmpd.community, ...pace, request_timeout_seconds: 0.2, retries: 1 }],
    openstack: [
      {
        ...{ cluster: "north", auth_url: fake.authUrl(0), poll_interval_seconds: 2 },
        application_credential_id: fake.credentials(0).applicationCredential.id,
        application_credential_secret_file: secret,
      },
    ],
    alerts: { rules },
    agent: { enabled: false },
  };
  writeFileSync(config ?? "", stringify(sections));
  nephoscope = await startNephoscope({ data: join(folder.path, "data"), flags: ["--config", config ?? ""] });
});
afterAll(async () => {
  await nephoscope?.stop();
  await snmpd?.stop();
  await lifetime.end();
  page.close();
  page.closeAllConnections();
  folder.remove();
});

/** As a user follows it: by what `nephoscope trace` prints of the trace of an alert, and of the log that was kept. */
async function traceOf(rule: string): Promise<readonly string[]> {
  const incident = await eventually(
    async () => {
      const reply = (await nephoscope?.get("/api/v1/incidents")) as { incidents: readonly Incident[] } | undefined;
      return reply?.incidents.find((it) => it.rule === rule);
    },
    { withinMs: 100_000, what: () => `${rule}; it said\n${nephoscope?.output()}` },
  );
  return linesOf(incident.trace_id ?? "", "tracing alert");
}

/** What `nephoscope trace` prints, once it has a line of this kind. */
function linesOf(traceId: string, awaited: string): Promise<readonly string[]> {
  return eventually(
    async () => {
      const log = join(folder.path, "server.log");
      writeFileSync(log, nephoscope?.output() ?? "");
      const args = [MAIN, "trace", traceId, log, "--data", join(folder.path, "data")];
      const lines = (await run(process.execPath, ...args).catch(() => "")).trimEnd().split("\n");
      return lines.some((line) => line.includes(awaited)) && lines;
    },
    { what: `the trace ${traceId}` },
  );
}

test("of a scrape", async () => {
  await eventually(async () => {
    const reply = (await nephoscope?.get("/api/v1/query?query=queue_length")) as { data: { result: unknown[] } };
    return reply.data.result.length > 0;
  });
  queueLength = 7;
  const lines = await traceOf("Scraped");
  const target = "cluster=test job=node instance=127";
  expect(lines.slice(0, 2)).toEqual([
    expect.stringMatching(new RegExp(` tracing round +scrape .*outcome=ok ${target}.* kept_because=alert$`)),
    expect.stringMatching(new RegExp(` tracing write +samples durable .*outcome=ok ${target}.* kept_because=alert$`)),
  ]);
  // Within the same millisecond, in either order.
  const [fired, span] = [/ log info +alert fired .*rule=Scraped/, / tracing alert +alert fired .*rule=Scraped/];
  expect([...lines.slice(2)].sort((line) => (fired.test(line) ? -1 : 1))).toEqual([
    expect.stringMatching(fired),
    expect.stringMatching(span),
  ]);
});

test("of a scrape that fails: what the log said when it began to is shown, too", async () => {
  pageStatus = 500;
  const lines = (await traceOf("TargetDown")).join("\n");
  expect(lines).toMatch(/ log warn +(?:\[[0-9a-f]{12}\] )?target gives no samples .*reason="HTTP status 500"/);
  expect(lines).toMatch(/ tracing round +(?:\[[0-9a-f]{12}\] )?scrape .*outcome=failed .*reason="HTTP status 500"/);
  expect(lines).toMatch(/ tracing alert +alert fired .*rule=TargetDown/);
});

test("of a walk through a switch, by the name that it gives itself", async () => {
  const lines = (await traceOf("Walked")).join("\n");
  expect(lines).toMatch(/ tracing round +snmp walk .*outcome=ok .*kept_because=alert/);
  expect(lines).toMatch(/ tracing alert +alert fired .*host=leaf-1/);
});

test("of OpenStack: the write tells of rounds of several services, which are shown with it", async () => {
  const lines = (await traceOf("Synced")).join("\n");
  expect(lines).toMatch(/ tracing write +samples durable .*cluster=north about_trace_ids=\["[0-9a-f]{32}"/);
  for (const service of ["compute", "network", "image"]) {
    expect(lines).toMatch(new RegExp(` tracing round +\\[[0-9a-f]{12}\\] openstack \\w+ .*service=${service}`));
  }
  expect(lines).toMatch(/ tracing alert +alert fired .*rule=Synced/);
  const tracing = readFileSync(join(folder.path, "data/logs/tracing.ndjson"), "utf8");
  // Not each round is told: those that an alert goes back to, and those that went otherwise than the one before.
  expect(tracing.match(/"kind":"round"/g)?.length).toBeLessThan(20);
});

test("of a service of OpenStack that begins to fail: what is logged is of the trace of that round", async () => {
  fake?.switches().faults({ kind: "invalid-json", services: ["compute"] });
  const tracing = () => readFileSync(join(folder.path, "data/logs/tracing.ndjson"), "utf8");
  const failed = await eventually(
    () => /"trace_id":"([0-9a-f]{32})".*"outcome":"failed".*"service":"compute"/.exec(tracing())?.[1],
    { withinMs: 60_000, what: () => tracing() },
  );
  const lines = (await linesOf(failed, "tracing round")).join("\n");
  expect(lines).toMatch(/ log warn +openstack service fails .*service=compute/);
  expect(lines).toMatch(/ tracing round +openstack \w+ .*outcome=failed .*service=compute .*kept_because=changed/);
});
