import { join } from "node:path";
import { OperatorError } from "../../../core/errors.ts";
import { type BgpSpeaker, isLost } from "../bgp/bgp-speaker.ts";
import {
  type EvpnVni,
  parseDuplicateMacs,
  parseLastReset,
  parseRouteSummary,
  parseSummaries,
  parseVersion,
  parseVniRouting,
  parseVnis,
  type VniRouting,
} from "./frr-answers.ts";
import { connectVty, type Vty } from "./vty-connection.ts";

/** What costs the daemons a walk through their tables is asked this seldom. */
const SLOW_EVERY_MS = 60_000;

/** Answers larger than this are asked for as seldom: a VTEP of many networks has a list of all others for each. */
const LARGE_ANSWER_CHARS = 256 * 1024;

/** Reasons are asked for one by one. */
const MAX_REASONS_AT_ONCE = 16;

const ROUTE_QUESTIONS = [
  ["ipv4", "show ip route summary json"],
  ["ipv6", "show ipv6 route summary json"],
] as const;

/** What one FRR, in a path space or in none, says of itself. What is undefined nobody answered. */
export interface FrrReading {
  /** Undefined: the default one. */
  readonly space: string | undefined;
  readonly speakers: readonly BgpSpeaker[];
  readonly vnis: readonly EvpnVni[];
  readonly vniRouting: ReadonlyMap<number, VniRouting>;
  readonly duplicateMacs: ReadonlyMap<number, readonly string[]>;
  readonly routes: ReadonlyMap<"ipv4" | "ipv6", { readonly routes: number; readonly fibRoutes: number }>;
}

export interface FrrSpace {
  /** Undefined when none of its daemons answers. What a daemon that is away said last is kept. */
  read(nowMs: number): Promise<FrrReading | undefined>;
  /** Whether these daemons answered at the last reading: what the others count is not known now. */
  answers(): { readonly bgpd: boolean; readonly zebra: boolean };
}

/** The daemons whose sockets are in `folder`; each is connected to again when it was restarted. */
export function openFrrSpace(folder: string, space: string | undefined, signal: AbortSignal): FrrSpace {
  let reading = nothingOf(space);
  let self: ReturnType<typeof parseVersion> = { version: undefined, hostName: undefined };
  const bgpd = createDaemon(join(folder, "bgpd.vty"), signal);
  const zebra = createDaemon(join(folder, "zebra.vty"), signal);

  async function readBgp(vty: Vty, isSlowDue: boolean): Promise<void> {
    if (isSlowDue) self = parseVersion((await vty.ask("show version")) ?? "");
    const summaries = parseSummaries((await vty.ask("show bgp vrf all summary json")) ?? "", space);
    const speakers = summaries.map((it) => ({ ...it, ...self }));
    reading = { ...reading, speakers: await withReasons(vty, speakers, reading.speakers) };
    if (!isSlowDue) return;
    reading = { ...reading, vniRouting: parseVniRouting((await vty.ask("show bgp l2vpn evpn vni json")) ?? "") };
  }

  async function readZebra(vty: Vty, isSlowDue: boolean): Promise<void> {
    if (isSlowDue || zebra.lastChars <= LARGE_ANSWER_CHARS) {
      const text = (await vty.ask("show evpn vni json")) ?? "";
      zebra.lastChars = text.length;
      reading = { ...reading, vnis: parseVnis(text) };
    }
    if (!isSlowDue) return;
    const duplicates = (await vty.ask("show evpn mac vni all duplicate json")) ?? "";
    reading = { ...reading, duplicateMacs: parseDuplicateMacs(duplicates) };
    const routes = new Map<"ipv4" | "ipv6", { readonly routes: number; readonly fibRoutes: number }>();
    for (const [family, question] of ROUTE_QUESTIONS) {
      const summary = parseRouteSummary((await vty.ask(question)) ?? "");
      if (summary !== undefined) routes.set(family, summary);
    }
    reading = { ...reading, routes };
  }

  return {
    async read(nowMs) {
      await bgpd.with(nowMs, readBgp);
      await zebra.with(nowMs, readZebra);
      return bgpd.isAnswering || zebra.isAnswering ? reading : undefined;
    },
    answers: () => ({ bgpd: bgpd.isAnswering, zebra: zebra.isAnswering }),
  };
}

interface Daemon {
  isAnswering: boolean;
  lastChars: number;
  /** Runs questions on its connection, which is opened when there is none; a daemon that fails is asked anew next time. */
  with(nowMs: number, questions: (vty: Vty, isSlowDue: boolean) => Promise<void>): Promise<void>;
}

function createDaemon(path: string, signal: AbortSignal): Daemon {
  let vty: Vty | undefined;
  let slowAtMs = Number.NEGATIVE_INFINITY;
  const daemon: Daemon = {
    isAnswering: false,
    lastChars: 0,
    async with(nowMs, questions) {
      // Behind a connection that was closed there may be the next daemon already: then it is asked at once.
      for (let attempt = 0; attempt < 2; attempt++) {
        const isFresh = vty === undefined;
        vty ??= await connectVty(path, signal);
        if (vty === undefined) break;
        const isSlowDue = isFresh || nowMs - slowAtMs >= SLOW_EVERY_MS;
        if (isSlowDue) slowAtMs = nowMs;
        const failure = await questions(vty, isSlowDue).then(() => undefined, unlessBug);
        if (failure === undefined) {
          daemon.isAnswering = true;
          return;
        }
        vty.close();
        vty = undefined;
        if (isFresh) break;
      }
      daemon.isAnswering = false;
    },
  };
  return daemon;
}

function unlessBug(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError) return thrown;
  throw thrown;
}

/** Why sessions are down, or were lost and are back, asked once for each loss. */
async function withReasons(
  vty: Vty,
  speakers: readonly BgpSpeaker[],
  before: readonly BgpSpeaker[],
): Promise<readonly BgpSpeaker[]> {
  let asked = 0;
  const known = new Map(before.map((it) => [it.vrf, new Map(it.peers.map((peer) => [peer.address, peer]))]));
  const result: BgpSpeaker[] = [];
  for (const speaker of speakers) {
    const peers = [];
    for (const peer of speaker.peers) {
      const was = known.get(speaker.vrf)?.get(peer.address);
      const wasLostAgain = was !== undefined && was.connectionsDropped !== peer.connectionsDropped;
      if (!isLost(peer) && !wasLostAgain) peers.push(peer);
      else if (was?.lastReset !== undefined && !wasLostAgain) peers.push({ ...peer, lastReset: was.lastReset });
      else if (asked++ < MAX_REASONS_AT_ONCE)
        peers.push({ ...peer, lastReset: await reasonOf(vty, speaker, peer.address) });
      else peers.push(peer);
    }
    result.push({ ...speaker, peers });
  }
  return result;
}

async function reasonOf(vty: Vty, { vrf = "default" }: BgpSpeaker, address: string): Promise<string | undefined> {
  // An address or the name of an interface: nothing else may get into a command.
  if (!/^[\w.:@-]+$/.test(address) || !/^[\w.:@-]+$/.test(vrf)) return undefined;
  return parseLastReset((await vty.ask(`show bgp vrf ${vrf} neighbors ${address} json`)) ?? "", address);
}

function nothingOf(space: string | undefined): FrrReading {
  const [vniRouting, duplicateMacs, routes] = [new Map(), new Map(), new Map()];
  return { space, speakers: [], vnis: [], vniRouting, duplicateMacs, routes };
}
