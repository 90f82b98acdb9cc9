import { readdirSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../test/fixtures/eventually.ts";
import { command, standing } from "./agent-host-command.ts";

/** What runs on a compute node; each is there often enough to make the number full. */
const NAMES = [
  ...["nova-compute", "privsep-helper", "neutron-openvswi", "neutron-l3-agen", "neutron-dhcp-ag", "neutron-metadat"],
  ...["haproxy", "dnsmasq", "ceilometer-poll", "cinder-volume", "multipathd", "iscsid", "chronyd", "rsyslogd", "sshd"],
  ...[
    "cron",
    "agetty",
    "dbus-daemon",
    "fluentd",
    "telegraf",
    "rados-worker",
    "kworker-like",
    "zabbix_agentd",
    "puppet",
  ],
];
/** One in so many looks each second whether a file has grown, as daemons look at something. */
const ONE_WAKES_OF = 16;

/** Adds sleeping processes of many names, from one static program, until this host has so many. */
export async function fillProcesses(folder: string, count: number): Promise<void> {
  const busybox = (await command("sh", "-c", "command -v busybox")).trim();
  for (const name of NAMES) await symlink(busybox, join(folder, name));
  const script = `names=(${NAMES.join(" ")})
for ((i = 0; i < $1; i++)); do
  name=\${names[i % ${NAMES.length}]}
  if ((i % ${ONE_WAKES_OF})); then (exec -a sleep "$2/$name" 8640000) & else (exec -a tail "$2/$name" -f /dev/null) & fi
done
wait`;
  const missing = count - processCount() - 1;
  standing("bash", "-c", script, "bash", String(missing), folder);
  await eventually(() => processCount() >= count && sleeping() >= missing * 0.9, {
    withinMs: 120_000,
    what: "the processes of the host",
  });
}

export function processCount(): number {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
}

function sleeping(): number {
  const names = new Set(NAMES);
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && names.has(commOf(pid))).length;
}

function commOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}
