import type { ParseArgsConfig } from "node:util";
import { parseDuration } from "../core/duration.ts";
import { OperatorError } from "../core/errors.ts";
import { type CloudSize, DEFAULT_SIZE } from "../simulator/cloud/size.ts";
import { type ChurnRates, ORDINARY_DAY } from "../simulator/day/churn.ts";
import type { ScheduledScenario } from "../simulator/day/day.ts";
import { METRIC_SETS, type MetricSet } from "../simulator/metrics/metric-sets.ts";
import { RELEASE_NAMES } from "../simulator/openstack/releases.ts";
import type { CloudOptions, OpenStackPlace, RunOptions } from "../simulator/run/options.ts";
import { parseServerAddress } from "./server-address.ts";
import { installedVersion } from "./version.ts";

const DEFAULT_COLLECTOR = "http://127.0.0.1:8642";
const OFFLINE_DURATION_MS = 600_000;

export const SIMULATE_FLAGS = {
  collector: { type: "string" },
  token: { type: "string" },
  seed: { type: "string" },
  hosts: { type: "string" },
  "vms-per-host": { type: "string" },
  clusters: { type: "string" },
  cluster: { type: "string" },
  regions: { type: "string" },
  zones: { type: "string" },
  "hosts-per-rack": { type: "string" },
  "hosts-per-mesh": { type: "string" },
  begin: { type: "string" },
  duration: { type: "string" },
  speed: { type: "string" },
  churn: { type: "string" },
  "churn-for": { type: "string" },
  rate: { type: "string", multiple: true },
  scenario: { type: "string", multiple: true },
  "list-scenarios": { type: "boolean", default: false },
  metrics: { type: "string" },
  "metrics-interval": { type: "string" },
  "connects-per-second": { type: "string" },
  truth: { type: "string" },
  record: { type: "string" },
  replay: { type: "string" },
  offline: { type: "boolean", default: false },
  openstack: { type: "string" },
  "openstack-release": { type: "string" },
  "openstack-drift": { type: "string" },
} as const satisfies ParseArgsConfig["options"];

type FlagName = keyof typeof SIMULATE_FLAGS;
export type SimulateFlags = { readonly [name in FlagName]?: string | boolean | readonly string[] | undefined };

/** Errors: OperatorError `simulate.arguments`, `config.address`. */
export function parseRunOptions(flags: SimulateFlags, env: NodeJS.ProcessEnv): RunOptions {
  const isOffline = flags.offline === true;
  const replayFile = textOf(flags, "replay");
  const address = textOf(flags, "collector") ?? env.NEPHOSCOPE_URL ?? DEFAULT_COLLECTOR;
  return {
    cloud: replayFile === undefined ? parseCloud(flags) : undefined,
    replayFile,
    collector: isOffline
      ? undefined
      : {
          url: parseServerAddress(address, "--collector"),
          token: textOf(flags, "token") ?? env.NEPHOSCOPE_TOKEN,
        },
    beganAt: instantOf(flags, "begin"),
    speed: numberOf(flags, "speed", { least: 0.001, most: 100_000 }) ?? 1,
    durationMs:
      durationOf(flags, "duration") ?? (isOffline && replayFile === undefined ? OFFLINE_DURATION_MS : undefined),
    recordFile: textOf(flags, "record"),
    truthFile: textOf(flags, "truth"),
    connectsPerSecond: numberOf(flags, "connects-per-second", { least: 1, most: 100_000 }) ?? 400,
    version: installedVersion(),
    openstack: parseOpenStack(flags, { isLive: !isOffline && replayFile === undefined }),
  };
}

/** `127.0.0.1:15000`, or the port alone: then it is loopback's. */
function parseOpenStack(flags: SimulateFlags, { isLive }: { readonly isLive: boolean }): OpenStackPlace | undefined {
  const text = textOf(flags, "openstack");
  const drift = numberOf(flags, "openstack-drift", { least: 0, most: 100 }) ?? 0;
  const release = textOf(flags, "openstack-release") ?? "2024.1";
  const known = RELEASE_NAMES.find((name) => name === release);
  if (known === undefined) throw wrong(`--openstack-release ${release}`, `give one of ${RELEASE_NAMES.join(", ")}`);
  if (text === undefined) return undefined;
  if (!isLive) throw wrong("--openstack with --offline or --replay", "OpenStack is served of a cloud that lives now");
  const [, host = "127.0.0.1", port] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) throw wrong(`--openstack ${text}`, "write it as 127.0.0.1:15000");
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port), release: known, drift };
}

function parseCloud(flags: SimulateFlags): CloudOptions {
  const count = (name: FlagName, usual: number) => numberOf(flags, name, { least: 0, most: 1e9 }) ?? usual;
  const size: CloudSize = {
    hosts: count("hosts", DEFAULT_SIZE.hosts),
    vmsPerHost: count("vms-per-host", DEFAULT_SIZE.vmsPerHost),
    clusters: count("clusters", DEFAULT_SIZE.clusters),
    regionsPerCluster: count("regions", DEFAULT_SIZE.regionsPerCluster),
    zonesPerRegion: count("zones", DEFAULT_SIZE.zonesPerRegion),
    hostsPerRack: count("hosts-per-rack", DEFAULT_SIZE.hostsPerRack),
    hostsPerMesh: count("hosts-per-mesh", DEFAULT_SIZE.hostsPerMesh),
  };
  const interval = textOf(flags, "metrics-interval");
  return {
    seed: count("seed", 1),
    size,
    cluster: textOf(flags, "cluster"),
    rates: parseRates(flags),
    churnForMs: durationOf(flags, "churn-for"),
    metricsIntervalMs: interval === "off" ? undefined : (durationOf(flags, "metrics-interval") ?? 10_000),
    metrics: parseMetricSet(textOf(flags, "metrics") ?? "usual"),
    scenarios: listOf(flags, "scenario").map(parseScenario),
  };
}

/** Rates are per host and day; `--churn` multiplies those that `--rate` does not set. */
function parseRates(flags: SimulateFlags): ChurnRates {
  const factor = numberOf(flags, "churn", { least: 0, most: 1e6 }) ?? 1;
  const set = new Map(listOf(flags, "rate").map(parseRate));
  const rate = (name: keyof ChurnRates) => set.get(name) ?? ORDINARY_DAY[name] * factor;
  return {
    boots: rate("boots"),
    deletions: rate("deletions"),
    resizes: rate("resizes"),
    migrations: rate("migrations"),
    security_changes: rate("security_changes"),
    link_flaps: rate("link_flaps"),
    agent_restarts: rate("agent_restarts"),
  };
}

function parseRate(text: string): readonly [string, number] {
  const [name = "", value = ""] = text.split("=");
  const perDay = Number(value);
  if (name in ORDINARY_DAY && value !== "" && perDay >= 0 && perDay <= 1e6) return [name, perDay];
  throw wrong(`--rate ${text}`, `write NAME=NUMBER with one of ${Object.keys(ORDINARY_DAY).join(", ")}`);
}

function parseMetricSet(text: string): MetricSet {
  const set = METRIC_SETS.find((name) => name === text);
  if (set !== undefined) return set;
  throw wrong(`--metrics ${text}`, `give one of ${METRIC_SETS.join(", ")}`);
}

/** `rack-loss`, `rack-loss@5m` or `rack-loss@+5m`: so long after the cloud began. */
function parseScenario(text: string): ScheduledScenario {
  const [name = "", when = "0"] = text.split("@");
  const atMs = parseDuration(when.replace(/^\+/, ""));
  if (atMs === undefined) throw wrong(`--scenario ${text}`, "write it as rack-loss@5m");
  return { name, atMs };
}

function textOf(flags: SimulateFlags, name: FlagName): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

function listOf(flags: SimulateFlags, name: FlagName): readonly string[] {
  const value = flags[name];
  return typeof value === "object" ? value : [];
}

function numberOf(
  flags: SimulateFlags,
  name: FlagName,
  { least, most }: { least: number; most: number },
): number | undefined {
  const text = textOf(flags, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw wrong(`--${name} ${text}`, `give a number from ${least} to ${most}`);
}

function durationOf(flags: SimulateFlags, name: FlagName): number | undefined {
  const text = textOf(flags, name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw wrong(`--${name} ${text}`, "write a duration such as 90s, 10m or 1h30m");
}

function instantOf(flags: SimulateFlags, name: FlagName): number | undefined {
  const text = textOf(flags, name);
  if (text === undefined) return undefined;
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(at)) return at;
  throw wrong(`--${name} ${text}`, "write an instant as 2026-01-01T00:00:00Z, or in epoch milliseconds");
}

function wrong(what: string, hint: string): OperatorError {
  return new OperatorError({ code: "simulate.arguments", message: `${what} is not possible`, hint });
}
