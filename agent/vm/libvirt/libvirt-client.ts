import { OperatorError } from "../../../core/errors.ts";
import {
  type DomainEvent,
  type DomainRecord,
  type DomainRef,
  domainArguments,
  PROCEDURE,
  QEMU_PROGRAM,
  REMOTE_PROGRAM,
  readEvent,
  readRecords,
  statsArguments,
  writeDomain,
} from "./protocol.ts";
import { connectRpc, LibvirtRefusal, type RpcConnection } from "./rpc-connection.ts";
import { XdrReader } from "./xdr-reader.ts";
import { XdrWriter } from "./xdr-writer.ts";

const CALL_TIMEOUT_MS = 5_000;
const URI = "qemu:///system";
const AUTH_NONE = 0;
const READ_ONLY = 1;

export interface DomainStanding {
  /** virDomainState */
  readonly state: number;
  /** virDomain…Reason of that state. */
  readonly reason: number;
}

export interface AskedStats {
  /** Made of `STATS`. */
  readonly groups: number;
  readonly timeoutMs: number;
  /** When the answer comes after all. */
  readonly onLate?: () => void;
}

/** One connection to libvirtd or virtqemud. Every call throws an OperatorError when it fails. */
export interface LibvirtClient {
  libraryVersion(): Promise<number>;
  hypervisorVersion(): Promise<number>;
  /** Asks to be told of an event of all domains; false when this libvirt does not know it. */
  registerEvent(eventId: number): Promise<boolean>;
  /** Of all domains, or of some. */
  stats(domains: readonly DomainRef[], asked: AskedStats): Promise<readonly DomainRecord[]>;
  xml(domain: DomainRef): Promise<string>;
  standing(domain: DomainRef): Promise<DomainStanding>;
  /** What the guest's agent answers; libvirt gives up after `timeoutSeconds`. Not on a read-only connection. */
  agentCommand(domain: DomainRef, command: string, timeoutSeconds: number): Promise<string>;
  close(): void;
}

export interface LibvirtHandlers {
  readonly onEvent: (event: DomainEvent) => void;
  readonly onClose: (reason: string) => void;
}

/** Undefined where no libvirt listens. A read-only connection cannot change anything. */
export async function openLibvirt(
  socketPath: string,
  isReadOnly: boolean,
  handlers: LibvirtHandlers,
): Promise<LibvirtClient | undefined> {
  const rpc = await connectRpc(socketPath, {
    onClose: handlers.onClose,
    onMessage({ program, procedure, payload }) {
      if (program === REMOTE_PROGRAM) handlers.onEvent(readEvent(procedure, new XdrReader(payload)));
    },
  });
  if (rpc === undefined) return undefined;
  try {
    const kinds = await call(rpc, PROCEDURE.authList, new XdrWriter(), (reader) => reader.list(4, () => reader.int()));
    if (kinds.length > 0 && !kinds.includes(AUTH_NONE)) throw wantsPassword(socketPath);
    const args = new XdrWriter()
      .unsigned(1)
      .string(URI)
      .unsigned(isReadOnly ? READ_ONLY : 0);
    await call(rpc, PROCEDURE.connectOpen, args, nothing);
  } catch (thrown) {
    rpc.close();
    throw thrown;
  }
  return clientOf(rpc);
}

function clientOf(rpc: RpcConnection): LibvirtClient {
  return {
    libraryVersion: () => call(rpc, PROCEDURE.libraryVersion, new XdrWriter(), (reader) => reader.unsignedHyper()),
    hypervisorVersion: () =>
      call(rpc, PROCEDURE.hypervisorVersion, new XdrWriter(), (reader) => reader.unsignedHyper()),
    registerEvent(eventId) {
      const registered = call(rpc, PROCEDURE.registerDomainEvent, new XdrWriter().int(eventId).unsigned(0), nothing);
      return registered.then(() => true, unlessRefused);
    },
    stats(domains, { groups, timeoutMs, onLate }) {
      const request = { program: REMOTE_PROGRAM, procedure: PROCEDURE.allDomainStats, timeoutMs };
      const payload = statsArguments(domains, groups);
      return rpc.call({ ...request, payload, parse: readRecords, ...(onLate === undefined ? {} : { onLate }) });
    },
    xml(domain) {
      const request = { program: REMOTE_PROGRAM, procedure: PROCEDURE.domainXml, timeoutMs: CALL_TIMEOUT_MS };
      return rpc.call({ ...request, payload: domainArguments(domain, 0), parse: (reader) => reader.string() });
    },
    standing(domain) {
      const request = { program: REMOTE_PROGRAM, procedure: PROCEDURE.domainState, timeoutMs: CALL_TIMEOUT_MS };
      const parse = (reader: XdrReader) => ({ state: reader.int(), reason: reader.int() });
      return rpc.call({ ...request, payload: domainArguments(domain, 0), parse });
    },
    async agentCommand(domain, command, timeoutSeconds) {
      const payload = writeDomain(new XdrWriter(), domain).string(command).int(timeoutSeconds).unsigned(0).bytes();
      // Before the command libvirt makes sure, for up to 5 s of its own, that the agent listens.
      const timeoutMs = (timeoutSeconds + 7) * 1000;
      const request = { program: QEMU_PROGRAM, procedure: PROCEDURE.agentCommand, payload, timeoutMs };
      return (await rpc.call({ ...request, parse: (reader) => reader.optional(() => reader.string()) })) ?? "";
    },
    close: rpc.close,
  };
}

function call<T>(rpc: RpcConnection, procedure: number, args: XdrWriter, parse: (reader: XdrReader) => T): Promise<T> {
  const request = { program: REMOTE_PROGRAM, procedure, payload: args.bytes(), timeoutMs: CALL_TIMEOUT_MS };
  return rpc.call({ ...request, parse });
}

const nothing = (): void => {};

function unlessRefused(thrown: unknown): false {
  if (thrown instanceof LibvirtRefusal) return false;
  throw thrown;
}

function wantsPassword(socketPath: string): OperatorError {
  return new OperatorError({
    code: "agent.libvirt_auth",
    message: `libvirt wants a password at ${socketPath}`,
    hint: "run the agent as root, or set auth_unix_ro to none in libvirtd.conf or virtqemud.conf",
  });
}
