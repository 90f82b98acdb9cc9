import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parseMetadata } from "../../cli/config/agent-metadata.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { OperatorError } from "../../core/errors.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

const HASH_A = "a".repeat(64);
const HASH_B = "b".repeat(64);
let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

function load(yaml: string, env: NodeJS.ProcessEnv = {}, flags: readonly (readonly [string, string])[] = []) {
  const file = join(folder, "nephoscope.yaml");
  writeFileSync(file, yaml);
  return loadConfig({ file, env, flags });
}

function problemsOf(yaml: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    load(yaml, env);
  } catch (error) {
    if (error instanceof OperatorError) return error.message.replaceAll(`${folder}/`, "");
    throw error;
  }
  throw new Error("was accepted");
}

describe("what an agent is told of its host", () => {
  test("metadata may be nested; a list of truth values is a list of texts", () => {
    const yaml = "agent: { metadata: { mydict: { value: 123 }, myarrays: { strings: [cat, dog], bools: [true] } } }";
    const { attributes, problems } = parseMetadata(load(yaml).agent.metadata);
    expect(problems).toEqual([]);
    expect(attributes).toEqual({ "mydict.value": 123, "myarrays.strings": ["cat", "dog"], "myarrays.bools": ["true"] });
  });

  test("a single fact may be set by a flag", () => {
    const config = load("", {}, [["agent.metadata.owner", "network team"]]);
    expect(parseMetadata(config.agent.metadata).attributes).toEqual({ owner: "network team" });
  });

  test.each([
    ["agent: { metadata: { a: { b: null } } }", "agent.metadata.a.b: is neither text"],
    ["agent: { metadata: { a: [[1]] } }", "agent.metadata.a: is neither text"],
    [`agent: { metadata: { ${Array.from({ length: 101 }, (_, n) => `k${n}: ${n}`).join(", ")} } }`, "has 101 facts"],
    ["agent: { location: { region: r, zone: z } }", "agent.location.rack"],
    [`agent: { location: { region: r, zone: z, rack: ${"x".repeat(500)} } }`, "agent.location: has names"],
    [`host: ${"h".repeat(129)}`, "host: is no name of a host"],
    [`host: ${"ä".repeat(30)}`, "host: is no name of a host"],
  ])("%s is refused", (yaml, problem) => {
    expect(problemsOf(yaml)).toContain(problem);
  });

  test("a host's name may be as long as the collector takes it", () => {
    expect(load(`host: ${"h".repeat(128)}`).host).toHaveLength(128);
  });
});

describe("precedence", () => {
  test("flag over environment over file over default", () => {
    const yaml = "listen: { port: 1001 }\ncluster: from-file\nlog: { level: warn }\n";
    const env = { NEPHOSCOPE_LISTEN_PORT: "1002", NEPHOSCOPE_CLUSTER: "from-env" };
    const config = load(yaml, env, [["listen.port", "1003"]]);
    expect(config.listen.port).toBe(1003);
    expect(config.cluster).toBe("from-env");
    expect(config.log.level).toBe("warn");
    expect(config.listen.address).toBe("127.0.0.1");
  });

  test("text from flags and environment becomes what the key asks for", () => {
    const env = {
      NEPHOSCOPE_INFLUXDB_VERSION: "1",
      NEPHOSCOPE_INFLUXDB_URL: "http://h",
      NEPHOSCOPE_LISTEN_PLAIN_HTTP: "true",
    };
    const config = load("", env, [["influxdb.database", "42"]]);
    expect(config.influxdb).toEqual({ url: "http://h", version: "1", database: "42" });
    expect(config.listen.plain_http).toBe(true);
  });

  test("variables that a container platform sets for a service of our name set nothing", () => {
    const env = {
      NEPHOSCOPE_SERVICE_HOST: "10.0.0.1",
      NEPHOSCOPE_PORT: "tcp://10.0.0.1:80",
      NEPHOSCOPE_PORT_80_TCP_ADDR: "x",
    };
    expect(load("", env)).toEqual(load(""));
  });

  test("an empty file and no file give the defaults", () => {
    expect(load("")).toEqual(loadConfig({ env: {}, flags: [] }));
  });
});

describe("values", () => {
  test("${NAME} inside a value is replaced from the environment", () => {
    expect(load("cluster: az-${ZONE}", { ZONE: "7" }).cluster).toBe("az-7");
  });

  test("a secret is read from the file named by its key with _file", () => {
    const secret = join(folder, "webhook");
    writeFileSync(secret, "https://example.invalid/hook\n");
    expect(load(`feishu: { webhook_file: ${secret} }`).feishu?.webhook).toBe("https://example.invalid/hook");
  });
});

describe("problems", () => {
  test("all are reported at once, each with its path and place", () => {
    const message = problemsOf("listen:\n  port: many\n  adress: 0.0.0.0\ncluster: [a]\n", { NEPHOSCOPE_NO_SUCH: "1" });
    expect(message).toContain("4 problems");
    expect(message).toContain("listen.port (nephoscope.yaml:2:9): must be number");
    expect(message).toContain("listen.adress (nephoscope.yaml:3:11): there is no such key");
    expect(message).toContain("cluster (nephoscope.yaml:4:10): must be string");
    expect(message).toContain("NEPHOSCOPE_NO_SUCH");
  });

  test.each([
    ["a: [", "nephoscope.yaml:1:"],
    ["- a list", "must be a mapping"],
    ["cluster: ${NO_SUCH_VARIABLE}", "the environment has no variable NO_SUCH_VARIABLE"],
    ["log: { level: loud }", 'must be "debug" or "info" or "warn" or "error"'],
    ["influxdb: { url: 'http://h', version: '1' }", "influxdb.database: is required for version 1"],
    ["influxdb: { url: 'http://h', version: '2' }", "influxdb.token: is required for version 2"],
    [
      "influxdb: { url: 'http://h', version: '1', database: d, retention: { raw_days: 7 } }",
      "influxdb.retention_policy: is required with retention",
    ],
    ["victoria_metrics: { url: 'http://h', tenant: x }", "victoria_metrics.tenant: is no tenant"],
    ["victoria_metrics: { url: 'http://h', select_url: 'http://s' }", "victoria_metrics.tenant: is required"],
    ["feishu: { secret: s }", "feishu.webhook: is required"],
    ["feishu: { webhook: x, webhook_file: y }", "either webhook or webhook_file, not both"],
    ["feishu: { webhook_file: /no/such/file }", "feishu.webhook_file"],
  ])("%s is refused", (yaml, message) => {
    expect(problemsOf(yaml)).toContain(message);
  });

  test("a file that is not there says so", () => {
    expect(() => loadConfig({ file: join(folder, "none.yaml"), env: {}, flags: [] })).toThrow(/cannot read/);
  });
});

describe("listening beyond this machine", () => {
  const people = `people: [{ name: p, role: admin, token_sha256: ${HASH_A} }]`;
  const agents = `agents: [{ name: a, hosts: ['*'], token_sha256: ${HASH_B} }]`;

  test.each([
    ["no tokens", "listen: { address: 0.0.0.0, plain_http: true }", "token for people"],
    ["no agent token", `listen: { address: 0.0.0.0, plain_http: true }\naccess: { ${people} }`, "token for agents"],
    ["no TLS", `listen: { address: 10.0.0.1 }\naccess: { ${people}, ${agents} }`, "tls_cert_file"],
    ["half a certificate", `listen: { tls_cert_file: c }`, "go together"],
    [
      "one token for two",
      `access: { ${people}, agents: [{ name: a, hosts: ['*'], token_sha256: ${HASH_A} }] }`,
      "same token",
    ],
  ])("is refused with %s", (_name, yaml, message) => {
    expect(problemsOf(yaml)).toContain(message);
  });

  test("is accepted with tokens and plain HTTP said out loud", () => {
    const yaml = `listen: { address: 0.0.0.0, plain_http: true }\naccess: { ${people}, ${agents} }`;
    expect(load(yaml).listen.address).toBe("0.0.0.0");
  });
});
