import type { BackendType, DomainConfig, DomainDisk, DomainInterface, NovaMetadata } from "./domain.ts";
import { allAt, at, parseXml, type XmlElement } from "./xml-reader.ts";

const GUEST_AGENT_CHANNEL = "org.qemu.guest_agent.0";

/**
 * What the topology and the metrics need of a domain's definition (https://libvirt.org/formatdomain.html), also where
 * libvirt keeps it beside a domain's state, as `<domstatus>` in its run folder. Undefined for what is neither.
 */
export function parseDomainXml(text: string): DomainConfig | undefined {
  const root = parseXml(text);
  const domain = root?.name === "domstatus" ? at(root, "domain") : root;
  const [uuid, name] = [at(domain, "uuid")?.text.toLowerCase(), at(domain, "name")?.text];
  if (domain?.name !== "domain" || !uuid || !name) return undefined;
  const devices = at(domain, "devices");
  const nova = novaMetadata(at(domain, "metadata", "nova:instance"));
  const vcpu = at(domain, "vcpu");
  return {
    uuid,
    name,
    vcpus: numberOf(vcpu?.attributes.current ?? vcpu?.text),
    memoryMib: mebibytesOf(at(domain, "memory")),
    machine: at(domain, "os", "type")?.attributes.machine,
    nova,
    interfaces: allAt(devices, "interface").flatMap((it) => interfaceOf(it, nova) ?? []),
    disks: allAt(devices, "disk").flatMap((it) => diskOf(it) ?? []),
    hostDevices: allAt(devices, "hostdev")
      .flatMap((it) => busAddress(at(it, "source", "address")) ?? [])
      .toSorted(),
    hasGuestAgent: allAt(devices, "channel")
      .map((it) => at(it, "target")?.attributes)
      .some((target) => target?.name === GUEST_AGENT_CHANNEL && target.state === "connected"),
  };
}

/** nova/virt/libvirt/config.py, LibvirtConfigGuestMetaNovaInstance. */
function novaMetadata(instance: XmlElement | undefined): NovaMetadata | undefined {
  if (instance === undefined) return undefined;
  return {
    displayName: at(instance, "nova:name")?.text || undefined,
    projectId: at(instance, "nova:owner", "nova:project")?.attributes.uuid,
    flavor: at(instance, "nova:flavor")?.attributes.name,
    ports: allAt(at(instance, "nova:ports"), "nova:port").flatMap((it) => it.attributes.uuid ?? []),
  };
}

const BACKENDS: { readonly [type: string]: BackendType } = {
  bridge: "tap",
  network: "tap",
  ethernet: "tap",
  direct: "macvtap",
  hostdev: "vf",
  vhostuser: "vhost-user",
};

function interfaceOf(it: XmlElement, nova: NovaMetadata | undefined): DomainInterface | undefined {
  const device = at(it, "target")?.attributes.dev;
  // A libvirt network may itself hand out macvtaps and functions; what it handed out stands in the running definition.
  const actual = at(it, "actual")?.attributes.type;
  const backend = BACKENDS[actual ?? it.attributes.type ?? ""];
  if (backend === undefined) return undefined;
  const socket = at(it, "source")?.attributes.path?.split("/").at(-1);
  const target =
    backend === "vf" ? busAddress(at(it, "source", "address")) : backend === "vhost-user" ? (device ?? socket) : device;
  if (!target) return undefined;
  const inSwitch = at(it, "virtualport", "parameters")?.attributes.interfaceid;
  const portId = inSwitch ?? portOf(target, nova?.ports ?? []);
  return { backend, target, mac: at(it, "mac")?.attributes.address?.toLowerCase(), portId };
}

/** Neutron names a device by three letters and the first 11 characters of its port's id. */
function portOf(target: string, ports: readonly string[]): string | undefined {
  const found = ports.filter((port) => target.length === 14 && target.slice(3) === port.slice(0, 11));
  return found.length === 1 ? found[0] : undefined;
}

function diskOf(it: XmlElement): DomainDisk | undefined {
  const device = at(it, "target")?.attributes.dev;
  if (device === undefined) return undefined;
  const source = at(it, "source");
  const { protocol, name, file, dev, dir, path, pool, volume } = source?.attributes ?? {};
  const inPool = pool === undefined ? undefined : `${pool}/${volume ?? ""}`;
  const where = file ?? dev ?? dir ?? name ?? path ?? inPool ?? busAddress(at(source, "address"));
  return { device, kind: protocol ?? it.attributes.type ?? "unknown", source: where };
}

/** `0000:05:10.1` of `<address domain='0x0000' bus='0x05' slot='0x10' function='0x1'/>`. */
function busAddress(address: XmlElement | undefined): string | undefined {
  const { domain = "0", bus, slot, function: part = "0" } = address?.attributes ?? {};
  if (bus === undefined || slot === undefined) return undefined;
  const hex = (text: string, digits: number) => Number(text).toString(16).padStart(digits, "0");
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${hex(part, 1)}`;
}

const KIB_OF_UNIT: { readonly [unit: string]: number } = {
  b: 1 / 1024,
  KiB: 1,
  MiB: 1024,
  GiB: 1024 ** 2,
  TiB: 1024 ** 3,
};

/** libvirt itself always writes KiB. */
function mebibytesOf(memory: XmlElement | undefined): number | undefined {
  const [amount, unit] = [numberOf(memory?.text), KIB_OF_UNIT[memory?.attributes.unit ?? "KiB"]];
  return amount === undefined || unit === undefined ? undefined : Math.round((amount * unit) / 1024);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
