import type { EpochMs } from "../../../core/clock.ts";
import type { BgpSpeaker, BgpTable } from "../bgp/bgp-speaker.ts";
import {
  type Family,
  familyName,
  type GobgpPeer,
  parseGlobal,
  parsePeer,
  parseTable,
  parseWantedTarget,
  pathRequest,
  RTC,
  tableRequest,
  type WantedTarget,
} from "./gobgp-messages.ts";
import type { GrpcConnection } from "./grpc-connection.ts";

/** Names of the service in versions 3 and 2. */
const SERVICES = ["apipb.GobgpApi", "gobgpapi.GobgpApi"];

/** For these gobgpd walks through its tables; a table of constraints that is small is read on each change of its size, too. */
const TABLES_EVERY_MS = 60_000;
const SMALL_RTC_PATHS = 1_000;

/** A table of constraints larger than this is told by its size only. */
const MAX_RTC_PATHS = 10_000;

const NO_REQUEST = Buffer.alloc(0);

export interface GobgpReading {
  /** Undefined while BGP is not started. */
  readonly speaker: BgpSpeaker | undefined;
  readonly wanted: readonly WantedTarget[];
}

/** Asks gobgpd; throws an OperatorError when it does not answer. */
export type GobgpReader = (at: EpochMs, nowMs: number) => Promise<GobgpReading>;

/** Undefined when it is another server than gobgpd. */
export async function openGobgp(grpc: GrpcConnection): Promise<GobgpReader | undefined> {
  let service: string | undefined;
  for (const name of SERVICES) {
    if (service === undefined && (await grpc.call(`${name}/GetBgp`, NO_REQUEST, () => {}))) service = name;
  }
  if (service === undefined) return undefined;
  const ask = <T>(method: string, request: Buffer, parse: (message: Buffer) => T | undefined): Promise<readonly T[]> =>
    answersOf(grpc, `${service}/${method}`, request, parse);
  let tables: readonly BgpTable[] = [];
  let wanted: readonly WantedTarget[] = [];
  let tablesAtMs = Number.NEGATIVE_INFINITY;
  let rtcReceived = 0;

  async function readTables(families: readonly Family[]): Promise<void> {
    const read: BgpTable[] = [];
    let rtcPaths = 0;
    for (const family of families) {
      const [size] = await ask("GetTable", tableRequest(family), parseTable);
      read.push({ afi: familyName(family), routes: size?.routes, paths: size?.paths });
      if (familyName(family) === familyName(RTC)) rtcPaths = size?.paths ?? 0;
    }
    tables = read;
    const isListed = rtcPaths > 0 && rtcPaths <= MAX_RTC_PATHS;
    const listed = isListed ? await ask("ListPath", pathRequest(RTC), parseWantedTarget) : [];
    // gobgpd answers in any order, and only the first ones may be told.
    wanted = listed.toSorted((one, other) => (one.target < other.target ? -1 : 1));
  }

  return async (at, nowMs) => {
    const [global] = await ask("GetBgp", NO_REQUEST, parseGlobal);
    if (global === undefined) return { speaker: undefined, wanted: [] };
    const peers = await ask("ListPeer", NO_REQUEST, (message) => parsePeer(message, at));
    const families = familiesOf(peers);
    const received = rtcReceivedFrom(peers);
    const isNew = families.some((family) => !tables.some(({ afi }) => afi === familyName(family)));
    const isChanged = received !== rtcReceived && received <= SMALL_RTC_PATHS;
    rtcReceived = received;
    if (isNew || isChanged || nowMs - tablesAtMs >= TABLES_EVERY_MS) {
      tablesAtMs = nowMs;
      await readTables(families);
    }
    const speaker: BgpSpeaker = {
      daemon: "gobgp",
      space: undefined,
      vrf: undefined,
      ...global,
      hostName: peers.find(({ ownName }) => ownName !== undefined)?.ownName,
      peers: peers.map(({ peer }) => peer),
      tables,
      isRouteReflector: peers.some(({ isRouteReflectorClient }) => isRouteReflectorClient),
      routeTargetsWanted: byNeighbour(wanted),
    };
    return { speaker, wanted };
  };
}

async function answersOf<T>(
  grpc: GrpcConnection,
  method: string,
  request: Buffer,
  parse: (message: Buffer) => T | undefined,
): Promise<readonly T[]> {
  const answers: T[] = [];
  await grpc.call(method, request, (message) => {
    const answer = parse(message);
    if (answer !== undefined) answers.push(answer);
  });
  return answers;
}

function familiesOf(peers: readonly GobgpPeer[]): readonly Family[] {
  const families = new Map(peers.flatMap((it) => it.families.map((family) => [familyName(family), family])));
  return [...families.values()];
}

function rtcReceivedFrom(peers: readonly GobgpPeer[]): number {
  const families = peers.flatMap(({ peer }) => peer.families).filter(({ afi }) => afi === familyName(RTC));
  return families.reduce((sum, { prefixesReceived = 0 }) => sum + prefixesReceived, 0);
}

function byNeighbour(wanted: readonly WantedTarget[]): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string[]>();
  for (const { target, neighbours } of wanted) {
    for (const neighbour of neighbours) {
      const list = targets.get(neighbour) ?? [];
      list.push(target);
      targets.set(neighbour, list);
    }
  }
  return targets;
}
