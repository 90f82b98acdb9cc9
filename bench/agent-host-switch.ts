import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command, standing } from "./agent-host-command.ts";
import { type BenchPort, machineId, SEED } from "./agent-host-ports.ts";
import { seeded } from "./collector-figures.ts";

const RUN = "/var/run/openvswitch";
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
/** Besides those that say who has which address; a port of Neutron's has about so many. */
const FLOWS_OF_PORT = 10;

/** Open vSwitch where a host has it, with the datapath in user space; its ports are taps, as for machines. */
export async function startSwitch(folder: string, ports: readonly BenchPort[]): Promise<void> {
  const daemon = (name: string) => [
    `--pidfile=${RUN}/${name}.pid`,
    `--log-file=/var/log/openvswitch/${name}.log`,
    "--detach",
    "--no-chdir",
  ];
  await command("ovsdb-tool", "create", `${folder}/conf.db`, SCHEMA);
  await command("ovsdb-server", `${folder}/conf.db`, `--remote=punix:${RUN}/db.sock`, ...daemon("ovsdb-server"));
  await command("ovs-vsctl", "--no-wait", "init");
  await command("ovs-vswitchd", `unix:${RUN}/db.sock`, ...daemon("ovs-vswitchd"));
  const batch = join(folder, "taps");
  const links = ports.flatMap(({ tap }) => [`tuntap add dev ${tap} mode tap multi_queue`, `link set ${tap} up`]);
  await writeFile(batch, `${links.join("\n")}\n`);
  await command("ip", "-batch", batch);
  await command("ovs-vsctl", "add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev");
  await command("ovs-vsctl", ...ports.flatMap(portArgs));
  await command("ip", "link", "set", "br-int", "up");
  const flows = join(folder, "flows");
  await writeFile(flows, `${ports.flatMap(flowsOf).join("\n")}\n`);
  await command("ovs-ofctl", "add-flows", "br-int", flows);
}

function portArgs({ tap, number, tag, mac, neutron }: BenchPort): readonly string[] {
  const port = ["--", "add-port", "br-int", tap, `tag=${tag}`];
  const add = [...port, "--", "set", "Interface", tap, `ofport_request=${number}`];
  if (neutron === undefined) return add;
  const ids = {
    "attached-mac": mac,
    "iface-id": neutron.id,
    "iface-status": "active",
    ...(neutron.machine === undefined ? {} : { "vm-uuid": machineId(neutron.machine) }),
  };
  const told = Object.entries(ids).map(([key, value]) => `external_ids:${key}="${value}"`);
  return [...add, ...told];
}

/** As Neutron's firewall in Open vSwitch has them; none of them is ever met, since the first table knows only NORMAL. */
function flowsOf({ number, mac, neutron }: BenchPort): readonly string[] {
  const others = Array.from(
    { length: FLOWS_OF_PORT },
    (_, i) => `table=82,priority=77,ct_state=+est-rel-rpl,tcp,reg5=${number},tp_dst=${1_000 + i},actions=drop`,
  );
  if (neutron === undefined) return others;
  const own = `table=71,priority=65,ip,reg5=${number},in_port=${number},dl_src=${mac},nw_src=${neutron.address}`;
  return [...others, `${own},actions=ct(table=72,zone=NXM_NX_REG6[0..15])`];
}

/**
 * Shares taps with the machines, and sends and takes as guests would: frames of a size, so many a second, to another port. As those of
 * machines do, taps want 12 bytes of virtio before a frame.
 */
const GUESTS = `
my @open;
for (@ARGV) {
  my ($name, $mac, $to, $count, $size) = split /=/;
  open my $tap, '+<', '/dev/net/tun' or die "tun: $!";
  ioctl($tap, 0x400454ca, pack('a16 S x22', $name, 0x5102)) or die "$name: $!";
  my $header = pack 'i', 12;
  ioctl($tap, 0x400454d8, $header) or die "$name: $!";
  fcntl($tap, 4, 2048) or die $!;
  s/://g for $mac, $to;
  push @open, [$tap, pack("x12 H12 H12 H4 x$size", $to, $mac, '88b5'), $count];
}
while (1) {
  for (@open) {
    my ($tap, $frame, $count) = @$_;
    while (sysread $tap, my $taken, 2000) {}
    syswrite $tap, $frame for 1 .. $count;
  }
  select undef, undef, undef, 1;
}`;
const MOST_FRAMES = 4;
const MOST_BYTES = 1_400;

/** Traffic on all ports, each its own: to another of its network. */
export function startTraffic(ports: readonly BenchPort[]): void {
  const random = seeded(SEED);
  const below = (most: number) => 1 + Math.floor(random() * most);
  const flows = ports.map(({ tap, mac, tag }) => {
    const others = ports.filter((other) => other.tag === tag);
    const to = others[below(others.length) - 1]?.mac ?? mac;
    return [tap, mac, to, below(MOST_FRAMES), 46 + below(MOST_BYTES)].join("=");
  });
  standing("perl", "-e", GUESTS, ...flows);
}
