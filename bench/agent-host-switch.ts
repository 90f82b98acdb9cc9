import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command, standing } from "./agent-host-command.ts";
import { type BenchPort, machineId } from "./agent-host-ports.ts";

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
  const links = ports.flatMap(({ tap }) => [`tuntap add dev ${tap} mode tap`, `link set ${tap} up`]);
  await writeFile(batch, `${links.join("\n")}\n`);
  await command("ip", "-batch", batch);
  await command("ovs-vsctl", "add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev");
  await command("ovs-vsctl", ...ports.flatMap(portArgs));
  await command("ip", "link", "set", "br-int", "up");
  await command("ip", "address", "add", "10.0.0.1/8", "dev", "br-int");
  const flows = join(folder, "flows");
  const toAll = `priority=10,in_port=LOCAL,actions=${ports.map(({ number }) => `output:${number}`).join(",")}`;
  await writeFile(flows, `${[toAll, ...ports.flatMap(flowsOf)].join("\n")}\n`);
  await command("ovs-ofctl", "add-flows", "br-int", flows);
}

function portArgs({ tap, number, tag, mac, neutron }: BenchPort): readonly string[] {
  const add = ["--", "add-port", "br-int", tap, "--", "set", "Interface", tap, `ofport_request=${number}`];
  if (neutron === undefined) return add;
  const ids = {
    "attached-mac": mac,
    "iface-id": neutron.id,
    "iface-status": "active",
    ...(neutron.machine === undefined ? {} : { "vm-uuid": machineId(neutron.machine) }),
  };
  const told = Object.entries(ids).map(([key, value]) => `external_ids:${key}="${value}"`);
  return [...add, ...told, "--", "set", "Port", tap, `tag=${tag}`];
}

/** As Neutron's firewall in Open vSwitch has them; none of them is ever met, since the first table leads to no other. */
function flowsOf({ number, mac, neutron }: BenchPort): readonly string[] {
  const others = Array.from(
    { length: FLOWS_OF_PORT },
    (_, i) => `table=82,priority=77,ct_state=+est-rel-rpl,tcp,reg5=${number},tp_dst=${1_000 + i},actions=drop`,
  );
  if (neutron === undefined) return others;
  const own = `table=71,priority=65,ip,reg5=${number},in_port=${number},dl_src=${mac},nw_src=${neutron.address}`;
  return [...others, `${own},actions=ct(table=72,zone=NXM_NX_REG6[0..15])`];
}

/** Holds taps like machines that run: takes what comes, and sends one frame a second to br-int on each. */
const GUESTS = `
my ($to, @taps) = @ARGV;
my @open;
for (@taps) {
  my ($name, $mac) = split /=/;
  open my $tap, '+<', '/dev/net/tun' or die "tun: $!";
  ioctl($tap, 0x400454ca, pack('a16 S x22', $name, 0x1002)) or die "$name: $!";
  fcntl($tap, 4, 2048) or die $!;
  push @open, [$tap, pack('H12 H12 H4 x60', $to =~ s/://gr, $mac =~ s/://gr, '0800')];
}
while (1) {
  for (@open) {
    my ($tap, $frame) = @$_;
    while (sysread $tap, my $taken, 2000) {}
    syswrite $tap, $frame;
  }
  select undef, undef, undef, 1;
}`;

/** Traffic on all ports: each of `held` sends, and one frame a second goes out of br-int to all. */
export async function startTraffic(held: readonly BenchPort[]): Promise<void> {
  const link = await command("ip", "-o", "link", "show", "br-int");
  const mac = /link\/ether ([0-9a-f:]+)/.exec(link)?.[1] ?? "";
  standing("perl", "-e", GUESTS, mac, ...held.map((port) => `${port.tap}=${port.mac}`));
}
