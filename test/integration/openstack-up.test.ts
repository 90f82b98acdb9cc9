import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { Lifetime } from "../../core/lifetime.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../fakes/openstack/start.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";

const folder = temporaryFolder();
const lifetime = new Lifetime();
let [fake, nephoscope]: [FakeOpenStack | undefined, Nephoscope | undefined] = [undefined, undefined];

beforeAll(async () => {
  // Every fiftieth machine has a floating IP.
  fake = await startFakeOpenStack({ size: { clusters: 2, hosts: 24, vmsPerHost: 6 }, tls: true }, lifetime);
  const [ca, secret, wrong] = ["ca.pem", "secret", "wrong"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(ca, fake.authority ?? "");
  writeFileSync(secret, `${fake.credentials(0).applicationCredential.secret}\n`);
  writeFileSync(wrong, "not-the-password\n");
  const { username, project } = fake.credentials(1);
  const openstack = [
    {
      ...{ cluster: "north", auth_url: fake.authUrl(0), ca_file: ca, poll_interval_seconds: 2 },
      application_credential_id: fake.credentials(0).applicationCredential.id,
      application_credential_secret_file: secret,
    },
    { cluster: "south", auth_url: fake.authUrl(1), ca_file: ca, user: username, project, password_file: wrong },
  ];
  const config = join(folder.path, "nephoscope.yaml");
  writeFileSync(config, stringify({ openstack }));
  nephoscope = await startNephoscope({
    data: join(folder.path, "data"),
    settings: ["agent.enabled=false"],
    flags: ["--config", config],
  });
});
afterAll(async () => {
  await nephoscope?.stop();
  await lifetime.end();
  folder.remove();
});

const json = async (path: string) => (await fetch(`${nephoscope?.url}${path}`)).json();

interface Part {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}
const partOf = async (name: string): Promise<Part | undefined> => {
  const { parts } = (await json("/api/v1/status")) as { parts: readonly Part[] };
  return parts.find((part) => part.name === name);
};

test("each cloud is on the System page, and what a machine, a project and a floating IP are called finds them", async () => {
  await eventually(async () => (await partOf("OpenStack north"))?.detail.includes("all read"), { withinMs: 60_000 });
  expect(await partOf("OpenStack north")).toMatchObject({ state: "ok" });
  expect(await partOf("OpenStack south")).toMatchObject({ state: "down", detail: expect.stringContaining("401") });

  const found = async (what: string) => {
    const { hits } = (await json(`/api/v1/search?cluster=north&q=${encodeURIComponent(what)}`)) as {
      hits: readonly { id: string; kind: string; name: string }[];
    };
    return hits;
  };
  const { elements } = (await json("/api/v1/topology?cluster=north&kinds=floating-ip,vm,project")) as {
    elements: readonly { id: string; kind: string; name: string; attributes: Record<string, string> }[];
  };
  const of = (kind: string) => elements.filter((element) => element.kind === kind);
  const [floating, vm] = [of("floating-ip")[0], of("vm")[0]];
  expect((await found(floating?.name ?? "")).map(({ id }) => id)).toContain(floating?.id);
  expect((await found(vm?.name ?? "")).map(({ id }) => id)).toContain(vm?.id);
  const ofProject = await found(vm?.attributes.project ?? "");
  expect(ofProject.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["vm", "project", "network"]));
});

test("figures are in the store a minute later, and no secret is in the log", async () => {
  const query = async (text: string) => {
    const { data } = (await json(`/api/v1/query?query=${encodeURIComponent(text)}`)) as {
      data: { result: readonly { value: readonly [number, string] }[] };
    };
    return data.result.map(({ value }) => Number(value[1]));
  };
  await eventually(
    async () =>
      (await query('sum(os_servers_count{cluster="north"})')).length + (await query("os_sync_ok")).length === 3,
    {
      withinMs: 90_000,
    },
  );
  const machines = [...(fake?.cloud.vms.values() ?? [])].filter(
    ({ host }) => fake?.cloud.hosts[host]?.cluster === 0,
  ).length;
  expect(await query('sum(os_servers_count{cluster="north"})')).toEqual([machines]);
  expect(await query('os_sync_ok{cluster="north"}')).toEqual([1]);
  expect(await query('os_sync_ok{cluster="south"}')).toEqual([0]);
  expect(await query('os_api_up{cluster="north",service="network"}')).toEqual([1]);
  const log = nephoscope?.output() ?? "";
  expect(log).toContain("north");
  for (const secret of [fake?.credentials(0).applicationCredential.secret ?? "?", "not-the-password", "gAAAAA"]) {
    expect(log).not.toContain(secret);
  }
}, 120_000);
