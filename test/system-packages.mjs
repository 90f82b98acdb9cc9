// Makes sure the programs that the tests drive are on this machine. As root on Debian or Ubuntu it installs what is
// missing with apt; elsewhere it says exactly what to install. With `program=package …` it sees to those instead.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Program → Debian package. */
const NEEDED = [
  ["chromium", "chromium"],
  ["ovs-vswitchd", "openvswitch-switch"],
  ["influxd", "influxdb"],
  ["influx", "influxdb-client"],
  ["ip", "iproute2"],
  ["ethtool", "ethtool"],
  ["unshare", "util-linux"],
  ["openssl", "openssl"],
  ["mount", "mount"],
  ["victoria-metrics", "victoria-metrics"],
  ["prometheus", "prometheus"],
  ["prometheus-node-exporter", "prometheus-node-exporter"],
  ["snmpd", "snmpd"],
  ["strace", "strace"],
  ["vtysh", "frr"],
  ["gobgpd", "gobgpd"],
  ["libvirtd", "libvirt-daemon"],
  ["virtlogd", "libvirt-daemon-system"],
  ["virsh", "libvirt-clients"],
  ["qemu-system-x86_64", "qemu-system-x86"],
  ["qemu-ga", "qemu-guest-agent"],
  ["busybox", "busybox-static"],
  ["cpio", "cpio"],
  ["lldpd", "lldpd"],
  ["dnsmasq", "dnsmasq-base"],
  ["conntrack", "conntrack"],
  ["iptables", "iptables"],
  ["logrotate", "logrotate"],
  ["nft", "nftables"],
  ["ps", "procps"],
  ["rabbitmqctl", "rabbitmq-server"],
  ["epmd", "erlang-base"],
  ["mariadbd", "mariadb-server"],
  ["rsync", "rsync"],
  ["prometheus-mysqld-exporter", "prometheus-mysqld-exporter"],
  ["memcached", "memcached"],
  ["haproxy", "haproxy"],
];
/** Debian keeps PostgreSQL's server programs, each version's in a folder of its own, out of PATH. */
const POSTGRESQL = "/usr/lib/postgresql";
const CJK_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
/** No program: what makes a cluster of MariaDB. */
const GALERA = "/usr/lib/galera/libgalera_smm.so";
const POLICY = "/usr/sbin/policy-rc.d";

const asked = process.argv.slice(2).map((it) => it.split("="));
const needed = asked.length > 0 ? asked : NEEDED;
const missing = needed.filter(([program]) => !isOnPath(program)).map(([, name]) => name);
if (asked.length === 0 && !existsSync(CJK_FONT)) missing.push("fonts-noto-cjk");
if (asked.length === 0 && !hasPostgresServer()) missing.push("postgresql");
if (asked.length === 0 && !existsSync(GALERA)) missing.push("galera-4");

if (process.getuid?.() !== 0) {
  const also = missing.length > 0 ? ` They also need: ${missing.join(" ")}` : "";
  fail(`network namespaces and mounts are made, which needs root.${also}`);
}
if (missing.length > 0) installMissing();

function installMissing() {
  if (!isDebian()) fail(`these programs are missing: ${missing.join(" ")} (names of Debian's packages)`);
  process.stderr.write(`nephoscope: installing for the tests: ${missing.join(" ")} ...\n`);
  // Without this, Debian would start the services that it installs.
  const forbidsServices = existsSync(POLICY);
  if (!forbidsServices) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", ...missing);
  } finally {
    if (!forbidsServices) rmSync(POLICY);
  }
}

function apt(...args) {
  const done = spawnSync("apt-get", args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (done.status !== 0) fail(`apt-get ${args[0]} failed; install by hand: ${missing.join(" ")}`);
}

function isOnPath(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function hasPostgresServer() {
  if (!existsSync(POSTGRESQL)) return false;
  return readdirSync(POSTGRESQL).some((version) => existsSync(join(POSTGRESQL, version, "bin/initdb")));
}

function isDebian() {
  return (
    existsSync("/etc/os-release") && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

function fail(text) {
  process.stderr.write(`nephoscope: ${text}\n`);
  process.exit(1);
}
