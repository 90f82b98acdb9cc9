import { describe, expect, test } from "vitest";
import { elementIdOf, interfaceId } from "../../../core/element-id.ts";
import { type Knowledge, openStackNode } from "../../../topology/openstack-node.ts";
import { agent, device, domain, host, link, netns, node, ovsPort, port, vm } from "./elements.ts";
import { judges, wrong } from "./judging.ts";

const TAP = "tap1a2b3c4d-5e";
const P = "1a2b3c4d-5e6f-4000-8000-000000000001";
const VM = "aaaaaaaa-0000-4000-8000-000000000001";

judges("ovs_port_without_device", {
  broken: [
    [
      "never found",
      [ovsPort("a", TAP, { ofport: -1, ifindex: 0, error: "could not open network device (No such device)" })],
    ],
    ["an error alone", [ovsPort("a", TAP, { error: "could not set up" })]],
    ["no port number alone", [ovsPort("a", "vhu1", { type: "dpdkvhostuser", ofport: -1 })]],
    ["gone while the switch ran: only the ifindex is 0", [ovsPort("a", TAP, { ifindex: 0 })]],
    ["gone, of a type the database leaves out", [ovsPort("a", TAP, { type: "", ifindex: 0 })]],
  ],
  whole: [
    ["a port with its device", [ovsPort("a", TAP)]],
    ["a patch port never has an ifindex", [ovsPort("a", "patch-tun", { type: "patch", ifindex: 0 })]],
    ["nor has a tunnel", [ovsPort("a", "vxlan-1", { type: "vxlan", ifindex: 0 })]],
    ["nothing said", [node(elementIdOf("host", "a", "ovs", "br-int", "port", TAP), "ovs-port", {})]],
  ],
});

judges("ovs_dead_vlan", {
  broken: [["tag 4095", [ovsPort("a", TAP, { tag: 4095 })]]],
  whole: [["a local tag", [ovsPort("a", TAP, { tag: 12 })]]],
});

judges("domain_interface_without_backend", {
  broken: [
    ["its tap is not there", [domain("a", VM, { interfaces: [`tap:${TAP}`] })]],
    ["its tap is on another host", [domain("a", VM, { interfaces: [`tap:${TAP}`] }), device("b", "tap", TAP)]],
    ["a tap is no macvtap", [domain("a", VM, { interfaces: ["macvtap:m0"] }), device("a", "tap", "m0")]],
    ["its virtual function is not there", [domain("a", VM, { interfaces: ["vf:0000:03:10.2"] })]],
    ["its vhost-user port is not in the switch", [domain("a", VM, { interfaces: ["vhost-user:vhu1"] })]],
  ],
  whole: [
    ["a tap", [domain("a", VM, { interfaces: [`tap:${TAP}`] }), device("a", "tap", TAP)]],
    [
      "a tap that the switch made as internal port",
      [domain("a", VM, { interfaces: [`tap:${TAP}`] }), device("a", "interface", TAP)],
    ],
    ["a macvtap", [domain("a", VM, { interfaces: ["macvtap:m0"] }), device("a", "macvtap", "m0")]],
    [
      "a function by bus address",
      [
        domain("a", VM, { interfaces: ["vf:0000:03:10.2"] }),
        device("a", "vf", "ens1v2", { bus_address: "0000:03:10.2" }),
      ],
    ],
    ["a function by name", [domain("a", VM, { interfaces: ["vf:ens1v2"] }), device("a", "vf", "ens1v2")]],
    [
      "a vhost-user port",
      [domain("a", VM, { interfaces: ["vhost-user:vhu1"] }), ovsPort("a", "vhu1", { type: "dpdkvhostuserclient" })],
    ],
    ["a domain that is shut off has no taps", [domain("a", VM, { interfaces: [`tap:${TAP}`], state: "shutoff" })]],
    ["an interface of a type we do not know", [domain("a", VM, { interfaces: ["user:slirp"] })]],
  ],
});

const libvirtHost = host("a", { libvirt_version: "9.0.0" });
judges("tap_without_owner", {
  broken: [
    ["nobody claims it, where domains are told of", [libvirtHost, device("a", "tap", TAP, { carrier: true })]],
    ["no process holds it, where they are not", [host("a"), device("a", "tap", TAP, { carrier: false })]],
    [
      "its port is left in the switch",
      [libvirtHost, device("a", "tap", "tapx"), ovsPort("a", "tapx", { "external_ids.iface-id": P })],
    ],
    [
      "a domain of another host claims it",
      [libvirtHost, device("a", "tap", TAP), domain("b", VM, { interfaces: [`tap:${TAP}`] })],
    ],
  ],
  whole: [
    ["a domain has it", [libvirtHost, device("a", "tap", TAP), domain("a", VM, { interfaces: [`tap:${TAP}`] })]],
    [
      "it is attached to a domain",
      [
        libvirtHost,
        device("a", "tap", TAP),
        domain("a", VM),
        link("attached", device("a", "tap", TAP), domain("a", VM)),
      ],
    ],
    ["it is in a DHCP namespace", [libvirtHost, node(interfaceId("a", "qdhcp-n1", TAP), "tap", { carrier: false })]],
    [
      "it is in a metadata namespace",
      [libvirtHost, node(interfaceId("a", "ovnmeta-n1", TAP), "tap", { carrier: false })],
    ],
    [
      "its Neutron port is one of DHCP",
      [libvirtHost, device("a", "tap", TAP, { "external_ids.iface-id": P }), port(P, { device_owner: "network:dhcp" })],
    ],
    [
      "its port in the switch names the owner",
      [libvirtHost, device("a", "tap", TAP), ovsPort("a", TAP, { device_owner: "network:dhcp" })],
    ],
    ["a process holds it, and domains are not told of", [host("a"), device("a", "tap", TAP, { carrier: true })]],
    ["it is not OpenStack's", [libvirtHost, device("a", "tap", "tap-vpn", { carrier: false })]],
  ],
});

const bound = (attributes = {}) =>
  port(P, {
    binding_host: "a",
    binding_vif_type: "ovs",
    status: "ACTIVE",
    admin_up: true,
    device_id: VM,
    device_owner: "compute:nova",
    ...attributes,
  });
const ovsHost = host("a", { ovs_version: "3.1.0" });
const plugged = (on: string) => ovsPort(on, TAP, { "external_ids.iface-id": P });
judges("neutron_port_not_bound", {
  broken: [
    ["binding failed", [bound({ binding_vif_type: "binding_failed" })]],
    ["its host does not have it", [ovsHost, bound()]],
    ["another host has it", [ovsHost, bound(), plugged("b")]],
    ["the machine runs, though Neutron says DOWN", [ovsHost, bound({ status: "DOWN" }), vm(VM, { status: "ACTIVE" })]],
  ],
  whole: [
    ["its host has it", [ovsHost, bound(), plugged("a")]],
    ["the machine is shut off", [ovsHost, bound(), vm(VM, { status: "SHUTOFF" })]],
    ["nothing is known of its host", [bound()]],
    ["its host's agent does not tell of Open vSwitch", [host("a"), bound()]],
    ["it is not bound", [ovsHost, bound({ binding_vif_type: "unbound" })]],
    ["a virtual function is not plugged into the switch", [ovsHost, bound({ binding_vif_type: "hw_veb" })]],
    ["a port of DVR is everywhere", [ovsHost, bound({ binding_vif_type: "distributed" })]],
    ["it is switched off", [ovsHost, bound({ admin_up: false })]],
    ["it has no machine and is DOWN", [ovsHost, bound({ status: "DOWN", device_id: "" })]],
  ],
});

const openstack = (servers: Knowledge, ports: Knowledge) => openStackNode("c", servers, ports);
const libvirt = host("a", { libvirt_version: "9.0.0" });
const running = (attributes = {}) => ({ ...vm(VM, { status: "ACTIVE", ...attributes }), host: "a" });
judges("vm_not_on_host", {
  broken: [
    ["its host has no domain of it", [libvirt, running()]],
    ["its domain is on another host", [libvirt, running(), domain("b", VM)]],
    ["its domain does not run", [libvirt, running(), domain("a", VM, { state: "shutoff" })]],
  ],
  whole: [
    ["its domain runs there", [libvirt, running(), domain("a", VM)]],
    ["it is there twice for a moment, as in a migration", [libvirt, running(), domain("a", VM), domain("b", VM)]],
    ["it is shut off", [libvirt, running({ status: "SHUTOFF" })]],
    ["nobody tells of domains there", [host("a"), running()]],
    ["nothing is known of its host", [running()]],
    ["it is on no host", [libvirt, vm(VM, { status: "ACTIVE" })]],
  ],
});

const leftOver = { ...domain("a", VM), name: "instance-0000001a" };
judges("domain_unknown_to_nova", {
  broken: [["Nova does not have it", [openstack("all", "some"), leftOver]]],
  whole: [
    ["Nova has it", [openstack("all", "all"), leftOver, vm(VM)]],
    [
      "Nova has it in capitals",
      [openstack("all", "all"), { ...leftOver, attributes: { uuid: VM.toUpperCase() } }, vm(VM)],
    ],
    ["not all of Nova's machines are known", [openstack("some", "all"), leftOver]],
    ["Nova could not be asked for a while", [openstack("stale", "all"), leftOver]],
    ["nobody asks Nova", [leftOver]],
    ["it is none of Nova's", [openstack("all", "all"), domain("a", VM)]],
  ],
});

const NEUTRON_PORT = "5a1b1c1d-0000-4000-8000-0000000000aa";
const ofPort = (id: string) => ovsPort("a", TAP, { "external_ids.iface-id": id });
judges("ovs_port_unknown_to_neutron", {
  broken: [["Neutron does not have it", [openstack("some", "all"), ofPort(NEUTRON_PORT)]]],
  whole: [
    ["Neutron has it", [openstack("all", "all"), ofPort(NEUTRON_PORT), port(NEUTRON_PORT)]],
    ["Neutron could not be asked for a while", [openstack("all", "stale"), ofPort(NEUTRON_PORT)]],
    ["nobody asks Neutron", [ofPort(NEUTRON_PORT)]],
    ["it does not name a port of Neutron", [openstack("all", "all"), ofPort("container-1"), ovsPort("a", "eth1")]],
  ],
});

judges("dhcp_servers_collide", {
  broken: [
    [
      "two unbound in one namespace",
      [netns("a", "qdhcp-n1", { dhcp_servers: ["dnsmasq:unbound:67", "dnsmasq:unbound:67"] })],
    ],
  ],
  whole: [
    ["one unbound", [netns("a", "qdhcp-n1", { dhcp_servers: ["dnsmasq:unbound:67"] })]],
    ["two bound to their interfaces", [netns("a", "n", { dhcp_servers: ["dnsmasq:bound:v0", "dnsmasq:bound:v1"] })]],
    [
      "one on each of two hosts",
      ["a", "b"].map((on) => netns(on, "qdhcp-n1", { dhcp_servers: ["dnsmasq:unbound:67"] })),
    ],
    ["another port", [netns("a", "n", { dhcp_servers: ["dnsmasq:unbound:67", "dnsmasq:unbound:6767"] })]],
  ],
});

judges("sysctl_not_as_configured", {
  broken: [
    [
      "running 1, configured 0",
      [host("a", { "sysctl.net.ipv4.ip_forward": "1", "sysctl_configured.net.ipv4.ip_forward": "0" })],
    ],
  ],
  whole: [
    [
      "as configured, a number for a text",
      [host("a", { "sysctl.vm.swappiness": 10, "sysctl_configured.vm.swappiness": "10" })],
    ],
    [
      "tabs for spaces",
      [
        host("a", {
          "sysctl.net.ipv4.tcp_rmem": "4096\t131072\t6291456",
          "sysctl_configured.net.ipv4.tcp_rmem": "4096 131072  6291456",
        }),
      ],
    ],
    ["configured nowhere", [host("a", { "sysctl.vm.swappiness": 10 })]],
    ["not known to this kernel", [host("a", { "sysctl_configured.net.bridge.x": "1" })]],
  ],
});

judges("lldp_neighbour_changed", {
  broken: [
    ["another port", [device("a", "nic", "eth0", { lldp_neighbour: "tor-1/e2", lldp_neighbour_baseline: "tor-1/e1" })]],
  ],
  whole: [
    ["as it was", [device("a", "nic", "eth0", { lldp_neighbour: "tor-1/e1", lldp_neighbour_baseline: "tor-1/e1" })]],
    ["nothing heard", [device("a", "nic", "eth0", { lldp_neighbour_baseline: "tor-1/e1" })]],
    ["no baseline", [device("a", "nic", "eth0", { lldp_neighbour: "tor-1/e1" })]],
  ],
});

judges("agent_clock_offset", {
  broken: [
    ["ahead", [agent("a", { clock_offset_ms: 1_001 })]],
    ["behind", [agent("a", { clock_offset_ms: -90_000 })]],
  ],
  whole: [
    ["a second", [agent("a", { clock_offset_ms: 1_000 })]],
    ["not measured", [agent("a")]],
  ],
});

describe("what a breach tells", () => {
  test("a port on the wrong host names the port, its host and where it is", () => {
    expect(wrong("neutron_port_not_bound", [ovsHost, bound(), plugged("b")])).toEqual([
      {
        elements: [bound().id, ovsHost.id],
        level: "critical",
        reason: "not_on_host",
        binding_host: "a",
        found_on: ["b"],
      },
    ]);
  });

  test("a missing backend names what was declared", () => {
    const it = domain("a", VM, { interfaces: ["vf:0000:03:10.2"] });
    expect(wrong("domain_interface_without_backend", [it])).toEqual([
      { elements: [it.id], level: "critical", interface_type: "vf", target: "0000:03:10.2" },
    ]);
  });
});
