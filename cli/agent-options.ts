import { hostname } from "node:os";
import type { AgentOptions } from "../agent/agent.ts";
import type { HostWatchOptions } from "../agent/host-watch-options.ts";
import { logOptions } from "./config/agent-logs.ts";
import { parseMetadata } from "./config/agent-metadata.ts";
import { fabricOptions } from "./config/fabric-schema.ts";
import type { Config } from "./config/schema.ts";
import { parseServerAddress } from "./server-address.ts";
import { readAuthority } from "./tls.ts";
import { installedVersion } from "./version.ts";

/** What the agent takes, from the configuration. `stateFolder`: where nothing is configured. */
export function agentOptions(config: Config, collectorUrl: string, stateFolder: string): AgentOptions {
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
    mesh: agent.mesh.enabled
      ? {
          port: agent.mesh.port,
          underlay: agent.mesh.underlay_address,
          overlay: agent.mesh.overlay_addresses,
        }
      : undefined,
    hostWatch: hostWatchOptions(config),
    connections: { cpuShare: agent.connections_cpu_share },
    networkNode: { neutronStateFolder: agent.neutron_state_folder },
    bufferBytes: agent.buffer_megabytes * 1_048_576,
    logs: logOptions(agent.logs),
    stateFolder: agent.state_folder ?? stateFolder,
    version: installedVersion(),
    vm: { libvirtRunFolder: agent.libvirt_run_folder, guestAgent: agent.guest_agents },
  };
}

function hostWatchOptions({ agent }: Config): HostWatchOptions {
  return {
    processes: agent.watch_processes,
    sysctl: { names: agent.watch_sysctls },
    amqp: { ports: agent.amqp_ports, heartbeatSeconds: agent.amqp_heartbeat_seconds },
    memoryOvercommit: {
      limit: agent.memory_overcommit_limit,
      reservedBytes: agent.memory_reserved_megabytes * 1_048_576,
    },
  };
}

export function hostName(config: Config): string {
  return config.host ?? hostname();
}
