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
import { connectVty, TOO_LARGE, type Vty } from "./vty-connection.ts";

/** What costs the daemons a walk through their tables is asked this seldom. */
const SLOW_EVERY_MS = 60_000;

/** Answers larger than this are asked for as seldom: a VTEP of many networks has a list of all others for each. */
const LARGE_ANSWER_CHARS = 256 * 1024;

/** What was answered with more than can be taken is not asked for again for so long. */
const TOO_LARGE_AGAIN_MS = 600_000;

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
  let vniChars = 0;
  let self: ReturnType<typeof parseVersion> = { version: undefined, hostName: undefined };
  const bgpd = createDaemon(join(folder, "bgpd.vty"), signal);
  const zebra = createDaemon(join(folder, "zebra.vty"), signal);

  async function readBgp(ask: Ask, isSlowDue: boolean): Promise<void> {
    if (isSlowDue) self = parseVersion((await ask("show version")) ?? "");
    const summary = await ask("show bgp vrf all summary json");
    if (summary !== undefined) {
      const speakers = parseSummaries(summary, space).map((it) => ({ ...it, ...self }));
      reading = { ...reading, speakers: await withReasons(ask, speakers, reading.speakers) };
    }
    const routing = isSlowDue ? await ask("show bgp l2vpn evpn vni json") : undefined;
    if (routing !== undefined) reading = { ...reading, vniRouting: parseVniRouting(routing) };
  }

  async function readZebra(ask: Ask, isSlowDue: boolean): Promise<void> {
    const vnis = isSlowDue || vniChars <= LARGE_ANSWER_CHARS ? await ask("show evpn vni json") : undefined;
    if (vnis !== undefined) {
      vniChars = vnis.length;
      reading = { ...reading, vnis: parseVnis(vnis) };
    }
    if (!isSlowDue) return;
    const duplicates = await ask("show evpn mac vni all duplicate json");
    if (duplicates !== undefined) reading = { ...reading, duplicateMacs: parseDuplicateMacs(duplicates) };
    const routes = new Map<"ipv4" | "ipv6", { readonly routes: number; readonly fibRoutes: number }>();
    for (const [family, question] of ROUTE_QUESTIONS) {
      const summary = parseRouteSummary((await ask(question)) ?? "");
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

/** Undefined when the daemon does not know the command, or answered too much of late. */
type Ask = (command: string) => Promise<string | undefined>;

interface Daemon {
  readonly isAnswering: boolean;
  /** Runs questions on its connection, which is opened when there is none; a daemon that fails is asked anew next time. */
  with(nowMs: number, questions: (ask: Ask, isSlowDue: boolean) => Promise<void>): Promise<void>;
}

function createDaemon(path: string, signal: AbortSignal): Daemon {
  let vty: Vty | undefined;
  let slowAtMs = Number.NEGATIVE_INFINITY;
  let isAnswering = false;
  /** When what was answered with too much may be asked again. */
  const askAgainAtMs = new Map<string, number>();

  const askOf =
    (open: Vty, nowMs: number): Ask =>
    async (command) => {
      if ((askAgainAtMs.get(command) ?? nowMs) > nowMs) return undefined;
      return open.ask(command).catch((thrown: unknown) => {
        const isTooLarge = thrown instanceof OperatorError && thrown.code === TOO_LARGE;
        if (isTooLarge) askAgainAtMs.set(command, nowMs + TOO_LARGE_AGAIN_MS);
        throw thrown;
      });
    };

  return {
    get isAnswering() {
      return isAnswering;
    },
    async with(nowMs, questions) {
      isAnswering = false;
      // Behind a connection that was closed there may be the next daemon already: then it is asked at once.
      for (let attempt = 0; attempt < 2 && !isAnswering; attempt++) {
        vty ??= await connectVty(path, signal);
        if (vty === undefined) return;
        const isSlowDue = nowMs - slowAtMs >= SLOW_EVERY_MS;
        const failure = await questions(askOf(vty, nowMs), isSlowDue).then(() => undefined, unlessBug);
        if (isSlowDue && failure === undefined) slowAtMs = nowMs;
        isAnswering = failure === undefined;
        if (isAnswering) return;
        vty.close();
        vty = undefined;
        // The next daemon may be another version, and knows nothing of what was said before.
        slowAtMs = Number.NEGATIVE_INFINITY;
      }
    },
  };
}

function unlessBug(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError) return thrown;
  throw thrown;
}

/** Why sessions are down, or were lost and are back, asked once for each loss. */
async function withReasons(
  ask: Ask,
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
        peers.push({ ...peer, lastReset: await reasonOf(ask, speaker, peer.address) });
      else peers.push(peer);
    }
    result.push({ ...speaker, peers });
  }
  return result;
}

async function reasonOf(ask: Ask, { vrf = "default" }: BgpSpeaker, address: string): Promise<string | undefined> {
  // An address or the name of an interface: nothing else may get into a command.
  if (!/^[\w.:@-]+$/.test(address) || !/^[\w.:@-]+$/.test(vrf)) return undefined;
  return parseLastReset((await ask(`show bgp vrf ${vrf} neighbors ${address} json`)) ?? "", address);
}

function nothingOf(space: string | undefined): FrrReading {
  const [vniRouting, duplicateMacs, routes] = [new Map(), new Map(), new Map()];
  return { space, speakers: [], vnis: [], vniRouting, duplicateMacs, routes };
}
