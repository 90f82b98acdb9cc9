import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WATCHED_PROCESSES } from "../../agent/processes/watched-processes.ts";
import { agentOptions } from "../../cli/agent-options.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

function watchedWith(yaml: string) {
  const file = join(temporaryFolder(), "nephoscope.yaml");
  writeFileSync(file, yaml);
  const { hostWatch } = agentOptions(loadConfig({ file, env: {}, flags: [] }), "http://127.0.0.1:8642", "/nowhere");
  return hostWatch;
}

test("without a configuration everything is watched that OpenStack needs", () => {
  expect(watchedWith("cluster: a")).toEqual({
    processes: WATCHED_PROCESSES,
    sysctl: { names: [] },
    amqp: { ports: [5672, 5671], heartbeatSeconds: 60 },
    memoryOvercommit: { limit: 1.2, reservedBytes: 512 * 2 ** 20 },
  });
});

test("names in the configuration take the place of the usual ones; settings of the kernel are added to them", () => {
  const yaml = `
agent:
  watch_processes: [mydaemon, "my-*"]
  watch_sysctls: [net.ipv4.tcp_rmem]
  amqp_ports: [5673]
  amqp_heartbeat_seconds: 30
  memory_overcommit_limit: 1.5
  memory_reserved_megabytes: 4096
`;
  expect(watchedWith(yaml)).toEqual({
    processes: ["mydaemon", "my-*"],
    sysctl: { names: ["net.ipv4.tcp_rmem"] },
    amqp: { ports: [5673], heartbeatSeconds: 30 },
    memoryOvercommit: { limit: 1.5, reservedBytes: 4 * 2 ** 30 },
  });
});
