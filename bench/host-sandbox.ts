import { spawn } from "node:child_process";
import { once } from "node:events";

/** Folders of daemons that a host has once, and the sandbox has its own of. */
const OWN_FOLDERS = [
  "/run/netns",
  "/run/openvswitch",
  "/run/libvirt",
  "/etc/libvirt",
  "/var/lib/libvirt",
  "/var/lib/nephoscope",
  "/var/log/libvirt",
  "/var/log/neutron",
  "/var/log/nova",
  "/var/log/openvswitch",
  "/var/cache/libvirt",
];

const INSIDE = [
  "set -e",
  // Namespaces that others named are not held.
  "umount -R -l /run/netns 2>/dev/null || true",
  "mount -t sysfs sysfs /sys",
  "mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || true",
  ...OWN_FOLDERS.map((path) => `mkdir -p ${path} && mount -t tmpfs tmpfs ${path}`),
  "ip link set lo up",
  // The shell stays as the first process, which takes in those whose parents have ended.
  '"$@" & wait $!',
].join("\n");

/**
 * Runs a program as on a host of its own: with its own processes, network and folders of daemons, of which nothing is left when it
 * ends, for whatever reason. Needs root. Its exit code.
 */
export async function runInSandbox(program: string, args: readonly string[]): Promise<number> {
  const own = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"];
  const shell = ["bash", "-c", INSIDE, "bash", program, ...args];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", ...own, ...shell], {
    stdio: ["ignore", "inherit", "inherit"],
    // A terminal's Ctrl-C is for the one that waits here.
    detached: true,
  });
  const kill = () => child.kill("SIGKILL");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, kill);
  process.once("exit", kill);
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}
