import type { XdrReader } from "./xdr-reader.ts";
import { XdrError } from "./xdr-reader.ts";
import { XdrWriter } from "./xdr-writer.ts";

/** src/remote/remote_protocol.x and qemu_protocol.x of libvirt; numbers there never change. */
export const REMOTE_PROGRAM = 0x20008086;
export const QEMU_PROGRAM = 0x20008087;

export const PROCEDURE = {
  connectOpen: 1,
  hypervisorVersion: 4,
  domainXml: 14,
  authList: 66,
  libraryVersion: 157,
  domainState: 212,
  registerDomainEvent: 316,
  lifecycleEvent: 318,
  allDomainStats: 344,
  /** Of the QEMU program. */
  agentCommand: 3,
} as const;

/** virDomainEventID: what makes a domain's definition worth reading again, besides its life. */
export const EVENT_IDS = { lifecycle: 0, deviceRemoved: 15, agentLifecycle: 18, deviceAdded: 19, metadataChange: 23 };

/** virDomainStatsTypes */
export const STATS = { state: 1, cpu: 2, balloon: 4, vcpu: 8, interface: 16, block: 32 } as const;

/** VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: what needs a machine that something else is busy with is left out. */
export const STATS_NOWAIT = 2 ** 29;

/** A domain as libvirt names it in every call. `id` is -1 while it does not run. */
export interface DomainRef {
  readonly name: string;
  /** Lower case, with dashes. */
  readonly uuid: string;
  readonly id: number;
}

export type TypedValue = number | boolean | string;

export interface DomainRecord {
  readonly domain: DomainRef;
  /** As `virsh domstats` names them: `vcpu.0.time`. */
  readonly params: ReadonlyMap<string, TypedValue>;
}

export interface DomainEvent {
  readonly procedure: number;
  readonly domain: DomainRef;
  /** Of `lifecycleEvent`: virDomainEventType and its detail. */
  readonly event: number;
  readonly detail: number;
}

export function readDomain(reader: XdrReader): DomainRef {
  const name = reader.string();
  const hex = reader.opaque(16).toString("hex");
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  return { name, uuid, id: reader.int() };
}

export function writeDomain(writer: XdrWriter, { name, uuid, id }: DomainRef): XdrWriter {
  return writer
    .string(name)
    .opaque(Buffer.from(uuid.replaceAll("-", ""), "hex"))
    .int(id);
}

export function domainArguments(domain: DomainRef, flags: number): Buffer {
  return writeDomain(new XdrWriter(), domain).unsigned(flags).bytes();
}

export function statsArguments(domains: readonly DomainRef[], stats: number): Buffer {
  const writer = new XdrWriter().unsigned(domains.length);
  for (const domain of domains) writeDomain(writer, domain);
  return writer.unsigned(stats).unsigned(STATS_NOWAIT).bytes();
}

export function readRecords(reader: XdrReader): readonly DomainRecord[] {
  return reader.list(28, () => {
    const domain = readDomain(reader);
    const params = new Map(reader.list(12, () => [reader.string(), readTypedValue(reader)] as const));
    return { domain, params };
  });
}

/** virTypedParameterType */
function readTypedValue(reader: XdrReader): TypedValue {
  const type = reader.int();
  switch (type) {
    case 1:
      return reader.int();
    case 2:
      return reader.unsigned();
    case 3:
      return reader.hyper();
    case 4:
      return reader.unsignedHyper();
    case 5:
      return reader.double();
    case 6:
      return reader.int() !== 0;
    case 7:
      return reader.string();
    default:
      throw new XdrError(`a parameter of type ${type}`);
  }
}

/** Every message of a callback begins with its id and its domain. */
export function readEvent(procedure: number, reader: XdrReader): DomainEvent {
  reader.int();
  const domain = readDomain(reader);
  const isLifecycle = procedure === PROCEDURE.lifecycleEvent;
  return { procedure, domain, event: isLifecycle ? reader.int() : -1, detail: isLifecycle ? reader.int() : -1 };
}
