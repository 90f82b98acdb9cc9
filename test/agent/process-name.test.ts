import { expect, test } from "vitest";
import { type ProcessFacts, processName } from "../../agent/processes/process-name.ts";
import { createNameMatcher, WATCHED_PROCESSES } from "../../agent/processes/watched-processes.ts";

const nameOf = (comm: string, words: readonly string[], facts: Partial<ProcessFacts> = {}) =>
  processName({
    comm,
    parent: 1,
    commandLine: words.length === 0 ? "" : `${words.join("\0")}\0`,
    program: () => undefined,
    ...facts,
  });

test.each([
  ["libvirtd", ["/usr/sbin/libvirtd"], "libvirtd"],
  // The kernel cuts off after 15 bytes.
  [
    "neutron-openvsw",
    ["/usr/bin/python3", "/usr/bin/neutron-openvswitch-agent", "--config-file=/etc/n"],
    "neutron-openvswitch-agent",
  ],
  ["nova-compute", ["/var/lib/openstack/bin/python", "/var/lib/openstack/bin/nova-compute"], "nova-compute"],
  ["python3", ["/usr/bin/python3", "-u", "-X", "dev", "/opt/x/collect.py", "--now"], "collect"],
  ["python3.11", ["python3.11", "-m", "http.server", "80"], "http.server"],
  ["python3", ["python3", "-c", "print(1)"], "python3"],
  ["python3", ["python3"], "python3"],
  ["prometheus-node", ["/usr/bin/prometheus-node-exporter", "--web"], "prometheus-node-exporter"],
  // Titles: setproctitle, which also cuts the kernel's name in the middle.
  ["neutron-server:", ["neutron-server: rpc worker (/usr/bin/python3 /usr/bin/neutron-server)"], "neutron-server"],
  ["nginx", ["nginx: worker process"], "nginx"],
  ["monitor", ["ovs-vswitchd: monitoring pid 4712 (healthy)"], "ovs-vswitchd-monitor"],
  ["ovs-vswitchd", ["ovs-vswitchd", "unix:/var/run/openvswitch/db.sock", "--monitor"], "ovs-vswitchd"],
  [
    "monitor",
    ["ovs-vswitchd: monitoring pid 4712 (1 crashes: pid 4711 died, killed (Segmentation fault))"],
    "ovs-vswitchd-monitor",
  ],
  ["monitor", ["/usr/sbin/ovs-vswitchd", "unix:/var/run/openvswitch/db.sock", "--monitor"], "ovs-vswitchd"],
  ["bash", ["-bash"], "bash"],
  ["a/b", ["/usr/bin/other"], "a/b"],
])("%s %j is %s", (comm, words, expected) => {
  expect(nameOf(comm, words)).toEqual({ comm: expected });
});

test.each([
  ["-name", "guest=instance-0000002a,debug-threads=on", "instance-0000002a"],
  ["-name", "instance-0000002a,process=x", "instance-0000002a"],
  ["-name", "debug-threads=on,guest=a,,b", "a,b"],
])("a machine of QEMU is named by its guest: %s %s", (option, value, guest) => {
  const words = ["/usr/bin/qemu-system-x86_64", option, value, "-S"];
  expect(nameOf("qemu-system-x86", words)).toEqual({ comm: "qemu", guest });
  expect(nameOf("qemu-kvm", ["/usr/libexec/qemu-kvm", option, value])).toEqual({ comm: "qemu", guest });
});

test("QEMU without a name is a program like others", () => {
  expect(nameOf("qemu-system-x86", ["qemu-system-x86_64", "-nographic"])).toEqual({ comm: "qemu-system-x86_64" });
});

test.each([
  ["kworker/u8:2-ext4-rsv-conversion", "kworker"],
  ["vhost-4711", "vhost"],
  ["scsi_eh_12", "scsi_eh"],
  ["jbd2/vda1-8", "jbd2"],
  ["kswapd0", "kswapd0"],
])("a kernel thread's name tells no CPU, queue or process: %s is %s", (comm, expected) => {
  expect(nameOf(comm, [], { parent: 2 })).toEqual({ comm: expected });
});

test("Node's main thread is named after its program, a zombie by the kernel", () => {
  expect(nameOf("MainThread", ["node", "x.js"], { program: () => "node" })).toEqual({ comm: "node" });
  expect(nameOf("MainThread", ["node", "x.js"])).toEqual({ comm: "MainThread" });
  expect(nameOf("", ["x"])).toEqual({ comm: "unnamed" });
  expect(nameOf("vhost-1", [])).toEqual({ comm: "vhost-1" });
});

test("names in the configuration may have any letters at a star; nothing else is special", () => {
  const isWatched = createNameMatcher(["a.b", "neutron-*-agent"]);
  const names = ["a.b", "axb", "neutron-l3-agent", "neutron-agent", "neutron-l3-agent2", "x-neutron-l3-agent"];
  expect(names.filter(isWatched)).toEqual(["a.b", "neutron-l3-agent"]);
});

test("helpers that end when they are idle are not watched by default", () => {
  const isWatched = createNameMatcher(WATCHED_PROCESSES);
  const ours = ["neutron-openvswitch-agent", "neutron-metadata-agent", "nova-compute", "bgpd", "virtqemud"];
  expect(ours.filter(isWatched)).toEqual(ours);
  expect(["neutron-rootwrap-daemon", "privsep-helper", "ovs-vswitchd-monitor", "qemu"].filter(isWatched)).toEqual([]);
});
