import { addTextToDigest, digestText, EMPTY_DIGEST } from "../../core/digest.ts";
import { isMadeByKernel } from "./route-line.ts";

/** Routes, or static neighbours, of one namespace kept one by one: this many, and this much text, in all. */
const MAX_LISTED = 512;
const MAX_LISTED_CHARS = 32_768;

/** What somebody set in a namespace: one by one, or, where that would be a flood, how many and a digest of them all. */
export type Entries =
  /** By the device each leads out of, sorted; undefined: those that lead out of none, as a blackhole. */
  | { readonly kind: "listed"; readonly byDevice: ReadonlyMap<string | undefined, readonly string[]> }
  | { readonly kind: "counted"; readonly count: number; readonly digest: string };

export interface Routing {
  readonly routes: Entries;
  readonly neighbors: Entries;
}

export const NO_ENTRIES: Entries = { kind: "listed", byDevice: new Map() };

/** What `ip -o` is asked for; its answers are told apart by their last word. */
export const ROUTING_QUESTIONS = "route show table all\nneigh show nud permanent\n";

/**
 * Takes the lines `ip -o` answers to `ROUTING_QUESTIONS`. What it holds is bounded, however many lines there are. What
 * the kernel made itself of addresses (local, broadcast, link-local) and neighbours it learned are left out.
 */
export function createRoutingReader(): { line(line: string): void; finish(): Routing } {
  const routes = createEntries();
  const neighbors = createEntries();
  return {
    line(line) {
      if (/ PERMANENT\s*$/.test(line)) neighborOf(line).forEach(neighbors.add);
      else if (!isMadeByKernel(line)) hopsOf(line).forEach(routes.add);
    },
    finish: () => ({ routes: routes.finish(), neighbors: neighbors.finish() }),
  };
}

interface Entry {
  readonly device: string | undefined;
  readonly text: string;
}

function createEntries() {
  const byDevice = new Map<string | undefined, string[]>();
  let count = 0;
  let chars = 0;
  let digest = EMPTY_DIGEST;
  return {
    add({ device, text }: Entry): void {
      count++;
      chars += text.length;
      digest = addTextToDigest(digest, `${device ?? ""} ${text}`);
      if (count > MAX_LISTED || chars > MAX_LISTED_CHARS) return;
      const texts = byDevice.get(device);
      if (texts === undefined) byDevice.set(device, [text]);
      else texts.push(text);
    },
    finish(): Entries {
      const isListed = count <= MAX_LISTED && chars <= MAX_LISTED_CHARS;
      if (!isListed) return { kind: "counted", count, digest: digestText(digest) };
      return { kind: "listed", byDevice: new Map([...byDevice].map(([device, texts]) => [device, texts.sort()])) };
    },
  };
}

/** Types of route that lead nowhere, whatever device `ip` prints with them. */
const LEADS_NOWHERE = /^(blackhole|unreachable|prohibit|throw) /;

/** State of the moment, and numbers that the kernel gives: nobody set them. */
const NOT_SET =
  / (?:linkdown|dead|offload|offload_failed|rt_offload|rt_offload_failed|rt_trap|trap|notify|pref medium|nhid \d+|error -?\d+|expires -?\d+sec)(?= |$)/g;

/** A route that is shared between several next hops is told at each device it leaves by. */
function hopsOf(line: string): readonly Entry[] {
  const [head = "", ...hops] = line.split("\\").map((part) => ` ${part.trim()}`.replaceAll(NOT_SET, "").trim());
  if (head === "") return [];
  if (hops.length === 0) return [entryOf(head)];
  return hops.map((hop) => entryOf(`${head} ${hop.replace(/^nexthop /, "")}`));
}

function entryOf(route: string): Entry {
  const device = / dev (\S+)/.exec(route)?.[1];
  const text = route.replace(/ dev \S+/, "");
  return { device: LEADS_NOWHERE.test(route) ? undefined : device, text };
}

/** `10.9.0.9 dev v0 lladdr a6:d1:a0:51:03:49 PERMANENT` */
function neighborOf(line: string): readonly Entry[] {
  const [, address, device, mac] = /^(\S+) dev (\S+) lladdr (\S+)/.exec(line) ?? [];
  if (address === undefined || mac === undefined || / extern_learn /.test(line)) return [];
  return [{ device, text: `${address} ${mac}` }];
}
