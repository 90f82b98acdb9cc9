import { elementIdOf, isHostName, MAX_HOST_SEGMENT_LENGTH, parseElementId } from "../../core/element-id.ts";
import { isTenant } from "../../store/victoria-metrics/config.ts";
import { checkLogs } from "./agent-logs.ts";
import { parseMetadata } from "./agent-metadata.ts";
import { isLoopback } from "./loopback.ts";
import { checkOpenStack } from "./openstack.ts";
import { isProblems, postgresOf } from "./postgres.ts";
import type { ConfigProblem } from "./problem.ts";
import { checkPull } from "./pull.ts";
import type { Config } from "./schema.ts";

/** What is well-formed and still must not be started: settings that would be open to others, or cannot work. */
export function checkSafety(config: Config): readonly ConfigProblem[] {
  return [
    ...checkHost(config),
    ...checkLogs(config.agent.logs),
    ...checkListen(config),
    ...checkPostgres(config),
    ...checkInfluxDb(config),
    ...checkVictoriaMetrics(config),
    ...checkFeishu(config),
    ...checkTokens(config),
    ...checkPull(config),
    ...checkOpenStack(config),
  ];
}

/** What the collector would refuse of a host, whose agent would then ask in vain for ever. */
function checkHost({ host, agent }: Config): readonly ConfigProblem[] {
  const problems = [...parseMetadata(agent.metadata).problems];
  if (host !== undefined && !isHostName(host)) {
    const message = `is no name of a host: percent-encoded it may have ${MAX_HOST_SEGMENT_LENGTH} characters`;
    problems.push({ path: "host", message });
  }
  if (agent.location !== undefined) {
    const { region, zone, rack } = agent.location;
    const isWellFormed = [region, zone, rack].every((name) => name.isWellFormed());
    const id = isWellFormed ? parseElementId(elementIdOf("region", region, "zone", zone, "rack", rack)) : undefined;
    if (id === undefined) problems.push({ path: "agent.location", message: "has names that are too long to be told" });
  }
  return problems;
}

function checkListen(config: Config): readonly ConfigProblem[] {
  const { address, tls_cert_file, tls_key_file, plain_http } = config.listen;
  const problems: ConfigProblem[] = [];
  const hasTls = tls_cert_file !== undefined && tls_key_file !== undefined;
  if ((tls_cert_file === undefined) !== (tls_key_file === undefined)) {
    problems.push({ path: "listen", message: "tls_cert_file and tls_key_file go together" });
  }
  if (isLoopback(address)) return problems;
  const needs = `is refused: ${address} can be reached from other machines, so it needs`;
  if (config.access.people.length === 0) {
    problems.push({
      path: "listen.address",
      message: `${needs} a token for people (make one: nephoscope token --person NAME --role admin)`,
    });
  }
  if (config.access.agents.length === 0) {
    problems.push({
      path: "listen.address",
      message: `${needs} a token for agents (make one: nephoscope token --agent NAME --hosts '*')`,
    });
  }
  if (!hasTls && !plain_http) {
    problems.push({
      path: "listen.address",
      message: `${needs} tls_cert_file and tls_key_file, or plain_http: true where something in front of it speaks TLS`,
    });
  }
  return problems;
}

function checkPostgres(config: Config): readonly ConfigProblem[] {
  const found = postgresOf(config);
  return isProblems(found) ? found : [];
}

function checkInfluxDb(config: Config): readonly ConfigProblem[] {
  const { influxdb } = config;
  if (influxdb === undefined) return [];
  const required = influxdb.version === "1" ? (["database"] as const) : (["org", "bucket", "token"] as const);
  const missing = required
    .filter((key) => influxdb[key] === undefined)
    .map((key) => ({ path: `influxdb.${key}`, message: `is required for version ${influxdb.version}` }));
  return [...missing, ...checkRetention(influxdb)];
}

/** What others wrote into a policy of their own must not be deleted because we are told to keep ours for days. */
function checkRetention({
  version,
  retention,
  retention_policy,
}: NonNullable<Config["influxdb"]>): readonly ConfigProblem[] {
  if (retention === undefined) return [];
  if (version === "2") {
    return [
      { path: "influxdb.retention", message: "is for version 1: a bucket has its retention, and tasks do the rest" },
    ];
  }
  if (retention_policy !== undefined && retention_policy !== "autogen") return [];
  return [{ path: "influxdb.retention_policy", message: "is required with retention: a name of our own, such as raw" }];
}

function checkVictoriaMetrics({ victoria_metrics }: Config): readonly ConfigProblem[] {
  if (victoria_metrics === undefined) return [];
  const { tenant, select_url } = victoria_metrics;
  if (tenant !== undefined && !isTenant(tenant)) {
    return [{ path: "victoria_metrics.tenant", message: "is no tenant: write it as 0, or as 3:7" }];
  }
  if (tenant === undefined && select_url !== undefined) {
    return [{ path: "victoria_metrics.tenant", message: "is required with select_url: a cluster's paths have one" }];
  }
  return [];
}

function checkFeishu(config: Config): readonly ConfigProblem[] {
  if (config.feishu === undefined) return [];
  const { webhook } = config.feishu;
  if (webhook === undefined)
    return [{ path: "feishu.webhook", message: "is required: the address of the group's custom bot" }];
  return URL.canParse(webhook) ? [] : [{ path: "feishu.webhook", message: "is not an address" }];
}

function checkTokens(config: Config): readonly ConfigProblem[] {
  const seen = new Map<string, string>();
  const holders = [
    ...config.access.people.map((person, i) => ({ path: `access.people.${i}`, hash: person.token_sha256 })),
    ...config.access.agents.map((agent, i) => ({ path: `access.agents.${i}`, hash: agent.token_sha256 })),
  ];
  return holders.flatMap(({ path, hash }) => {
    const other = seen.get(hash);
    seen.set(hash, path);
    return other === undefined ? [] : [{ path, message: `has the same token as ${other}` }];
  });
}
