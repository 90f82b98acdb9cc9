// What it costs to serve the OpenStack of 40 clusters: all lists once, page by page, as a first sync asks for them, and
// what a poll for changes costs. Server and client are one process here, so the figures are of both together.
// Run: node bench/simulated-openstack.ts [clusters] [hosts] [machines per host]
import { systemClock } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { buildCloud } from "../simulator/cloud/build.ts";
import { DEFAULT_SIZE } from "../simulator/cloud/size.ts";
import { Chronicle } from "../simulator/openstack/chronicle.ts";
import { NO_DRIFT } from "../simulator/openstack/drift.ts";
import { USUAL_FILL } from "../simulator/openstack/fabric.ts";
import { startOpenStack } from "../simulator/openstack/server/start.ts";
import { SHORT_NAMES } from "../simulator/openstack/view.ts";

const [clusters = 40, hosts = 5_100, vmsPerHost = 6] = process.argv.slice(2).map(Number);
const SEED = 7;
const PAGE = 500;
const lifetime = new Lifetime();
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

interface Worst {
  ms: number;
  what: string;
}

interface Tally {
  objects: number;
  requests: number;
  bytes: number;
  worst: Worst;
  longestBlockMs: number;
}

const rssAtFirst = process.memoryUsage.rss();
const cloud = buildCloud({
  seed: SEED,
  size: { ...DEFAULT_SIZE, clusters, hosts, vmsPerHost },
  beganAt: systemClock.now(),
});
const rssWithCloud = process.memoryUsage.rss();
const server = await startOpenStack(
  {
    ...{ cloud, chronicle: new Chronicle(cloud), clock: systemClock, host: "127.0.0.1", port: 0, names: SHORT_NAMES },
    ...{ drift: NO_DRIFT, fabric: USUAL_FILL, tokenLifeMs: 3_600_000, behaviour: {} },
    wallOf: (ms) => cloud.beganAt + ms,
  },
  lifetime,
);
console.log(
  `seed ${SEED}: ${clusters} clusters, ${cloud.hosts.length} hosts, ${cloud.vms.size} machines, pages of ${PAGE}`,
);
console.log(
  `resident: ${megabytes(rssAtFirst)} empty, ${megabytes(rssWithCloud)} with the cloud, ${megabytes(process.memoryUsage.rss())} served`,
);

const VERSIONS = { "openstack-api-version": "compute 2.96, volume 3.60, placement 1.36" };

for (const pass of ["first", "second"]) await measured(`${pass} sync`, (tally) => syncAll(tally, fullLists));
await measured("poll for changes", (tally) => syncAll(tally, changes));
console.log(`peak resident: ${megabytes(process.resourceUsage().maxRSS * 1_024)}`);
console.log("not measured: notifications, a client in a process of its own, TLS");
await lifetime.end();

async function measured(what: string, run: (tally: Tally) => Promise<void>): Promise<void> {
  const tally: Tally = { objects: 0, requests: 0, bytes: 0, worst: { ms: 0, what: "" }, longestBlockMs: 0 };
  let beatMs = performance.now();
  const heart = setInterval(() => {
    tally.longestBlockMs = Math.max(tally.longestBlockMs, performance.now() - beatMs - 5);
    beatMs = performance.now();
  }, 5);
  const [beganMs, cpu] = [performance.now(), process.cpuUsage()];
  await run(tally);
  clearInterval(heart);
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${what}: ${((performance.now() - beganMs) / 1_000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} CPU s, ` +
      `${tally.requests} requests, ${tally.objects} objects, ${megabytes(tally.bytes)}; worst answer ${tally.worst.ms.toFixed(0)} ms ` +
      `(${tally.worst.what}), longest block ${tally.longestBlockMs.toFixed(0)} ms, resident ${megabytes(process.memoryUsage.rss())}`,
  );
}

async function syncAll(
  tally: Tally,
  lists: (url: (type: string) => string) => readonly [string, string][],
): Promise<void> {
  for (const cluster of server.clusters) {
    const { username, password, project } = cluster.credentials();
    const domain = { id: "default" };
    const user = { name: username, domain, password };
    const auth = {
      identity: { methods: ["password"], password: { user } },
      scope: { project: { name: project, domain } },
    };
    const signed = await fetch(`${cluster.authUrl}/auth/tokens`, { method: "POST", body: JSON.stringify({ auth }) });
    const { token } = (await signed.json()) as { token: { catalog: { type: string; endpoints: { url: string }[] }[] } };
    const headers = { "x-auth-token": signed.headers.get("x-subject-token") ?? "", ...VERSIONS };
    const urlOf = (type: string) =>
      token.catalog.find((each) => each.type === type)?.endpoints[0]?.url.replace(/\/$/, "") ?? "";
    for (const [url, name] of lists(urlOf)) await readAll(tally, { url, name, headers });
  }
}

async function readAll(
  tally: Tally,
  { url: first, name, headers }: { url: string; name: string; headers: Record<string, string> },
): Promise<void> {
  for (let url: string | undefined = first; url !== undefined; ) {
    const beganMs = performance.now();
    const reply = await fetch(url, { headers });
    const text = await reply.text();
    const ms = performance.now() - beganMs;
    if (reply.status !== 200) throw new Error(`${url}: ${reply.status} ${text}`);
    if (ms > tally.worst.ms) tally.worst = { ms, what: new URL(url).pathname };
    const body = JSON.parse(text) as Record<string, readonly { rel?: string; href?: string }[] | undefined>;
    tally.requests++;
    tally.bytes += text.length;
    tally.objects += body[name]?.length ?? 0;
    url = body[`${name}_links`]?.find(({ rel }) => rel === "next")?.href;
  }
}

function fullLists(url: (type: string) => string): readonly [string, string][] {
  const [nova, neutron] = [url("compute"), `${url("network")}/v2.0`];
  const paged = (path: string) => `${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}`;
  return [
    [paged(`${nova}/servers/detail?all_tenants=1`), "servers"],
    [paged(`${nova}/os-hypervisors/detail?with_servers=true`), "hypervisors"],
    [`${nova}/os-services`, "services"],
    [`${nova}/flavors/detail`, "flavors"],
    ...["networks", "subnets", "ports", "routers", "floatingips", "agents"].map((name): [string, string] => [
      paged(`${neutron}/${name}`),
      name,
    ]),
    [paged(`${neutron}/security-groups`), "security_groups"],
    [paged(`${neutron}/network-ip-availabilities`), "network_ip_availabilities"],
    [`${url("placement")}/resource_providers`, "resource_providers"],
    [paged(`${url("volumev3")}/volumes/detail?all_tenants=1`), "volumes"],
  ];
}

function changes(url: (type: string) => string): readonly [string, string][] {
  const since = new Date(systemClock.now() - 60_000).toISOString();
  return [
    [`${url("compute")}/servers/detail?all_tenants=1&changes-since=${since}`, "servers"],
    [`${url("network")}/v2.0/ports?fields=id&fields=revision_number&limit=${PAGE}`, "ports"],
  ];
}
