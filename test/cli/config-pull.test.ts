import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../cli/config/load.ts";
import { pullConfig } from "../../cli/up/pull-jobs.ts";
import { KEPT_NAMES } from "../../collector/pull/control-plane/kept-names.ts";
import { OperatorError } from "../../core/errors.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

function load(text: string) {
  const file = join(folder, "nephoscope.yaml");
  writeFileSync(file, text);
  return pullConfig(loadConfig({ file, env: {}, flags: [] }));
}

function problemsOf(text: string): string {
  try {
    load(text);
  } catch (error) {
    // Without where each problem stands.
    if (error instanceof OperatorError) return error.message.replace(/ \([^)]*nephoscope\.yaml[^)]*\)/g, "");
    throw error;
  }
  throw new Error("was accepted");
}

test("nothing is pulled unless it is asked for", () => {
  expect(load("{}")).toEqual({ scrape: [], snmp: [] });
});

describe("a scrape job", () => {
  test("needs a name and a target, and has Prometheus' defaults", () => {
    const [job] = load('cluster: az-1\nscrape: [{ job: node, targets: ["h:9100"] }]').scrape;
    expect(job).toMatchObject({
      job: "node",
      cluster: "az-1",
      targets: ["h:9100"],
      scheme: "http",
      path: "/metrics",
      intervalMs: 15_000,
      timeoutMs: 10_000,
      honorLabels: false,
      honorTimestamps: true,
      names: { include: [], exclude: [] },
      credentials: { kind: "none" },
      tls: { isUnverified: false },
    });
  });

  test("reads certificates at the start and secrets when they are needed", () => {
    writeFileSync(join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\n");
    const [basic, bearer] = load(`
scrape:
  - { job: a, targets: [h], cluster: az-2, basic_auth: { username: u, password_file: /no/such/file } , tls: { ca_file: ${folder}/ca.pem } }
  - { job: b, files: ["/etc/t/*.yaml"], bearer_token: t }
`).scrape;
    expect(basic).toMatchObject({
      cluster: "az-2",
      credentials: { kind: "basic", username: "u", password: { kind: "file", path: "/no/such/file" } },
      tls: { ca: "-----BEGIN CERTIFICATE-----\n" },
    });
    expect(bearer).toMatchObject({ credentials: { kind: "bearer", token: { kind: "text", text: "t" } } });
    expect(problemsOf("scrape: [{ job: a, targets: [h], tls: { ca_file: /no/such/file } }]")).toContain(
      "cannot read /no/such/file",
    );
  });

  test.each([
    ["{ targets: [h] }", "scrape.0.job: is required"],
    ["{ job: a }", "scrape.0.targets: is empty, and there are no files either"],
    ['{ job: a, targets: ["http://h/metrics"] }', "scrape.0.targets.0: is not of the form host:port"],
    ["{ job: a, targets: [h], path: metrics }", "scrape.0.path: must begin with /"],
    ["{ job: a, targets: [h], interval_seconds: 5 }", "scrape.0.timeout_seconds: is longer than interval_seconds, 5"],
    ["{ job: a, targets: [h], labels: { a-b: x } }", "scrape.0.labels.a-b: is no name of a label"],
    ["{ job: a, targets: [h], labels: { __address__: x } }", "scrape.0.labels.__address__: is no name of a label"],
    ["{ job: a, targets: [h], basic_auth: { username: u } }", "scrape.0.basic_auth: needs password or password_file"],
    ["{ job: a, targets: [h], bearer_token: t, bearer_token_file: f }", "scrape.0.bearer_token: give one of"],
    ["{ job: a, targets: [h], tls: { cert_file: f } }", "scrape.0.tls: cert_file and key_file go together"],
    ["{ job: a, targets: [h], scrape_interval: 5s }", "there is no such key"],
    ["{ job: a, targets: [h] }, { job: a, targets: [i] }", "there are two jobs called a"],
  ])("%s is refused", (job, problem) => expect(problemsOf(`scrape: [${job}]`)).toContain(problem));
});

describe("switches", () => {
  test("are asked by community, or by a user with what proves him", () => {
    const [community, user] = load(`
snmp:
  - { targets: [leaf-1], community_file: /etc/c }
  - { job: v3, targets: ["leaf-2:1161"], version: "3", user: u, auth_password: a, auth_protocol: sha256, privacy_password_file: /etc/p }
`).snmp;
    expect(community).toMatchObject({
      job: "snmp",
      access: { kind: "v2c", community: { kind: "file", path: "/etc/c" } },
      intervalMs: 60_000,
      timeoutMs: 30_000,
      requestTimeoutMs: 2_000,
      retries: 2,
      maxRepetitions: 10,
    });
    expect(user?.access).toEqual({
      kind: "v3",
      user: "u",
      auth: { protocol: "sha256", password: { kind: "text", text: "a" } },
      privacy: { protocol: "aes", password: { kind: "file", path: "/etc/p" } },
    });
  });

  test.each([
    ["{ targets: [a] }", "snmp.0.community: is required for version 2c"],
    ["{ targets: [], community: c }", "snmp.0.targets"],
    ['{ targets: ["a b"], community: c }', "snmp.0.targets.0: is not of the form host or host:port"],
    ["{ targets: [a], community: c, community_file: f }", "snmp.0.community: give either community or community_file"],
    ["{ targets: [a], community: c, user: u }", "snmp.0.version: 2c has no user"],
    ['{ targets: [a], version: "3" }', "snmp.0.user: is required for version 3"],
    ['{ targets: [a], version: "3", user: u, community: c }', "snmp.0.community: is of version 2c"],
    ['{ targets: [a], version: "3", user: u, privacy_password: p }', "snmp.0.auth_password: is required"],
  ])("%s is refused", (section, problem) => expect(problemsOf(`snmp: [${section}]`)).toContain(problem));
});

describe("a service of the control plane", () => {
  test("is asked where its kind usually is, and what is kept is chosen", () => {
    const [rabbit, old, mysql, cache, proxy] = load(`
cluster: az-1
control_plane:
  - { kind: rabbitmq, targets: [ctl-1, "10.0.0.2:9999", "[fd00::1]"], queues: { names: ["notifications.*"], most: 20 } }
  - { kind: rabbitmq-management, cluster: az-2, targets: [ctl-1], basic_auth: { username: u, password_file: /etc/p } }
  - { kind: mysql, targets: [ctl-1], include: [mysql_perf_schema_*], exclude: [mysql_global_status_wsrep_*] }
  - { kind: memcached, targets: [ctl-1] }
  - { kind: haproxy, targets: ["ctl-1:1936"], path: /stats/metrics, scheme: https }
`).scrape;
    expect(rabbit).toMatchObject({
      job: "rabbitmq",
      cluster: "az-1",
      targets: ["ctl-1:15692", "10.0.0.2:9999", "[fd00::1]:15692"],
      path: "/metrics",
      origin: { kind: "rabbitmq", queues: { names: ["notifications.*"], backlog: 10, most: 20 } },
      names: { include: KEPT_NAMES.rabbitmq, exclude: [] },
    });
    expect(old).toMatchObject({
      job: "rabbitmq",
      cluster: "az-2",
      targets: ["ctl-1:15672"],
      path: "/api",
      credentials: { kind: "basic", username: "u", password: { kind: "file", path: "/etc/p" } },
    });
    expect(mysql?.names.include).toEqual([...KEPT_NAMES.mysql, "mysql_perf_schema_*"]);
    expect(mysql?.names.exclude).toEqual(["mysql_global_status_wsrep_*"]);
    expect(cache).toMatchObject({ targets: ["ctl-1:11211"], scheme: "memcached", origin: { kind: "memcached" } });
    expect(proxy).toMatchObject({ targets: ["ctl-1:1936"], scheme: "https", path: "/stats/metrics" });
  });

  test.each([
    ["{ kind: redis, targets: [h] }", "control_plane.0.kind"],
    ["{ kind: mysql }", "control_plane.0.targets: is empty, and there are no files either"],
    ['{ kind: mysql, targets: ["http://h"] }', "control_plane.0.targets.0: is not of the form host:port"],
    ["{ kind: mysql, targets: [h], path: metrics }", "control_plane.0.path: must begin with /"],
    ["{ kind: mysql, targets: [h], interval_seconds: 5 }", "control_plane.0.timeout_seconds: is longer"],
    ["{ kind: memcached, targets: [h], bearer_token: t }", "memcached is asked without a user"],
    ["{ kind: rabbitmq-management, targets: [h] }", "control_plane.0.basic_auth: is required"],
    ["{ kind: mysql, targets: [h], queues: { names: [a] } }", "control_plane.0.queues: is of RabbitMQ"],
    ["{ kind: mysql, targets: [h] }, { kind: mysql, targets: [i, h] }", "control_plane.1.targets: h is there twice"],
  ])("%s is refused", (service, problem) => expect(problemsOf(`control_plane: [${service}]`)).toContain(problem));

  test("of one address in two clusters is two", () => {
    const both = "{ kind: mysql, targets: [h], cluster: a }, { kind: mysql, targets: [h], cluster: b }";
    expect(load(`control_plane: [${both}]`).scrape).toHaveLength(2);
  });
});
