import { hostname } from "node:os";
import type { AgentOptions } from "../agent/agent.ts";
import { parseMetadata } from "./config/agent-metadata.ts";
import { fabricOptions } from "./config/fabric-schema.ts";
import type { Config } from "./config/schema.ts";
import { parseServerAddress } from "./server-address.ts";
import { readAuthority } from "./tls.ts";
import { installedVersion } from "./version.ts";

/** What the agent takes, from the configuration. */
export function agentOptions(config: Config, collectorUrl: string): AgentOptions {
  const { agent } = config;
  const ca = readAuthority(config);
  return {
    host: hostName(config),
    cluster: agent.cluster,
    location: agent.location,
    metadata: parseMetadata(agent.metadata).attributes,
    collectorUrl: parseServerAddress(collectorUrl, "agent.collector_url"),
    token: agent.token,
    tls: ca === undefined ? undefined : { ca },
    intervalMs: agent.interval_seconds * 1_000,
    ovsDatabaseSocket: agent.ovs_database_socket,
    fabric: fabricOptions(agent.fabric),
    topProcesses: agent.top_processes,
    processCpuThreshold: agent.process_cpu_threshold,
    bufferBytes: agent.buffer_megabytes * 1_048_576,
    version: installedVersion(),
  };
}

export function hostName(config: Config): string {
  return config.host ?? hostname();
}
