import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../test/fixtures/eventually.ts";
import { command, standing } from "./agent-host-command.ts";
import { type BenchPort, machineId } from "./agent-host-ports.ts";

const DAEMON_CONFIG = `auth_unix_rw = "none"\nauth_unix_ro = "none"\n`;
/** No confinement that would need a host's help, and no virtlogd. */
const QEMU_CONFIG = `security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
`;
const DISK_BYTES = 16 * 2 ** 20;

/** Machines of QEMU under libvirtd where a host has it, as Nova defines them, paused at their start: none computes. */
export async function startMachines(folder: string, count: number, ports: readonly BenchPort[]): Promise<void> {
  await writeFile("/etc/libvirt/libvirtd.conf", DAEMON_CONFIG);
  await writeFile("/etc/libvirt/qemu.conf", QEMU_CONFIG);
  standing("libvirtd", "--config", "/etc/libvirt/libvirtd.conf", "--pid-file", "/run/libvirt/libvirtd.pid");
  const answers = () =>
    command("virsh", "version").then(
      () => true,
      () => false,
    );
  await eventually(answers, { withinMs: 60_000, what: "libvirtd to answer" });
  for (let machine = 0; machine < count; machine++) {
    const disk = join(folder, `disk-${machine}`);
    await writeFile(disk, "");
    await truncate(disk, DISK_BYTES);
    const file = join(folder, "domain.xml");
    await writeFile(file, domainXml(machine, disk, ports));
    await command("virsh", `define ${file}; start --paused ${nameOf(machine)}`);
  }
}

function nameOf(machine: number): string {
  return `instance-${machine.toString(16).padStart(8, "0")}`;
}

function domainXml(machine: number, disk: string, ports: readonly BenchPort[]): string {
  const own = ports.filter(({ neutron }) => neutron?.machine === machine);
  const told = own.map(
    ({ neutron }) =>
      `<nova:port uuid="${neutron?.id}"><nova:ip type="fixed" address="${neutron?.address}" ipVersion="4"/></nova:port>`,
  );
  const interfaces = own.map(
    ({ mac, tap }) => `<interface type='ethernet'>
      <mac address='${mac}'/><target dev='${tap}' managed='no'/><model type='virtio'/><driver name='qemu' queues='2'/>
    </interface>`,
  );
  return `<domain type='qemu'>
  <name>${nameOf(machine)}</name>
  <uuid>${machineId(machine)}</uuid>
  <metadata>
    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
      <nova:package version="27.1.0"/>
      <nova:name>server-${machine}</nova:name>
      <nova:flavor name="m1.tiny"><nova:memory>16</nova:memory><nova:vcpus>4</nova:vcpus></nova:flavor>
      <nova:owner>
        <nova:user uuid="11111111111111111111111111111111">admin</nova:user>
        <nova:project uuid="0a1b2c3d4e5f60718293a4b5c6d7e8f9">demo</nova:project>
      </nova:owner>
      <nova:ports>${told.join("")}</nova:ports>
    </nova:instance>
  </metadata>
  <memory unit='MiB'>16</memory>
  <vcpu>4</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='${disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    ${interfaces.join("\n    ")}
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <memballoon model='virtio'><stats period='10'/></memballoon>
  </devices>
</domain>
`;
}
