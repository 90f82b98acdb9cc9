import { isIPv6 } from "node:net";
import {
  AuthProtocols,
  createSession,
  createV3Session,
  isVarbindError,
  ObjectType,
  PrivProtocols,
  SecurityLevel,
  type Session,
  type User,
  type Varbind,
  Version2c,
  Version3,
} from "net-snmp";
import type { PullProblem } from "../problem.ts";
import { secretText } from "../secret.ts";
import type { Cell } from "./interfaces.ts";
import type { SnmpAccess, SnmpJob } from "./job.ts";
import type { Answer, GetBulk } from "./walk.ts";

/** Questions to one switch. Each rejects with net-snmp's error; see `snmpProblem`. */
export interface SnmpSession {
  get(oids: readonly string[]): Promise<readonly Answer[]>;
  readonly getBulk: GetBulk;
  close(): void;
}

export interface SwitchAddress {
  readonly host: string;
  readonly port: number;
}

export async function openSession(
  { host, port }: SwitchAddress,
  job: SnmpJob,
  signal: AbortSignal,
): Promise<SnmpSession | PullProblem> {
  const options = {
    port,
    retries: job.retries,
    timeout: job.requestTimeoutMs,
    transport: isIPv6(host) ? ("udp6" as const) : ("udp4" as const),
    idBitsSize: 32,
    // A device that goes back would be walked in circles.
    backwardsGetNexts: false,
  };
  const access = await accessOf(job.access);
  if ("reason" in access) return access;
  const session =
    access.kind === "v2c"
      ? createSession(host, access.community, { ...options, version: Version2c })
      : createV3Session(host, access.user, { ...options, version: Version3 });
  return wrap(session, signal);
}

type ReadAccess = { readonly kind: "v2c"; readonly community: string } | { readonly kind: "v3"; readonly user: User };

async function accessOf(access: SnmpAccess): Promise<ReadAccess | PullProblem> {
  if (access.kind === "v2c") {
    const community = await secretText(access.community);
    return typeof community === "string" ? { kind: "v2c", community } : community;
  }
  const { user: name, auth, privacy } = access;
  if (auth === undefined) return { kind: "v3", user: { name, level: SecurityLevel.noAuthNoPriv } };
  const authKey = await secretText(auth.password);
  if (typeof authKey !== "string") return authKey;
  const known = { name, authProtocol: AuthProtocols[auth.protocol], authKey };
  if (privacy === undefined) return { kind: "v3", user: { ...known, level: SecurityLevel.authNoPriv } };
  const privKey = await secretText(privacy.password);
  if (typeof privKey !== "string") return privKey;
  const privProtocol = PrivProtocols[privacy.protocol];
  return { kind: "v3", user: { ...known, level: SecurityLevel.authPriv, privProtocol, privKey } };
}

function wrap(session: Session, signal: AbortSignal): SnmpSession {
  let isOpen = true;
  // Of the socket, which no request is told of.
  let fail: (error: Error) => void = () => {};
  session.on("error", (error) => fail(error));
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    signal.removeEventListener("abort", close);
    session.close();
  };
  signal.addEventListener("abort", close, { once: true });
  const ask = <T>(send: (done: (error: Error | null, varbinds?: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!isOpen) return reject(new Error("the session is closed"));
      fail = reject;
      send((error, varbinds) => {
        if (error !== null || varbinds === undefined) reject(error ?? new Error("an empty reply"));
        else resolve(varbinds);
      });
    });
  return {
    get: async (oids) => (await ask<Varbind[]>((done) => session.get([...oids], done))).map(answerOf),
    getBulk: async (oids, maxRepetitions) => {
      const columns = await ask<(Varbind | Varbind[])[]>((done) => session.getBulk([...oids], 0, maxRepetitions, done));
      return columns.map((column) => (Array.isArray(column) ? column : [column]).map(answerOf));
    },
    close,
  };
}

function answerOf(varbind: Varbind): Answer {
  return { oid: varbind.oid, cell: isVarbindError(varbind) ? undefined : cellOf(varbind) };
}

/** Counters of 64 bits come as their bytes, as texts do. */
function cellOf({ type, value }: Varbind): Cell | undefined {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "string") return value;
  if (!Buffer.isBuffer(value)) return undefined;
  if (type === ObjectType.Counter64) return BigInt(`0x0${value.toString("hex")}`);
  // Some devices end texts with a zero byte.
  return value.toString("utf8").replace(/\0+$/, "");
}
