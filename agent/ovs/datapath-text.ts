// Answers of ovs-vswitchd's unixctl (ovs-vswitchd(8), ovs-dpctl(8)): texts for people, indented by tabs or blanks, whose
// lines come and go with versions. What is not known is `?`.

/** Counters of one datapath, all read at one moment. */
export interface DatapathFigures {
  /** `system@ovs-system`, `netdev@ovs-netdev`. */
  readonly name: string;
  readonly hit: number | undefined;
  readonly missed: number | undefined;
  readonly lost: number | undefined;
  readonly flows: number | undefined;
  readonly masks: number | undefined;
  readonly maskHit: number | undefined;
  readonly cacheHit: number | undefined;
}

/** `dpctl/show`: a line of each datapath, and its figures indented below. */
export function parseDatapaths(text: string): readonly DatapathFigures[] {
  return sectionsOf(text, /^(\S+@\S+):\s*$/).map(({ heading, body }) => {
    const lookups = pairsOf(lineOf(body, "lookups"));
    const masks = pairsOf(lineOf(body, "masks"));
    const [missed, lost] = [lookups.missed, lookups.lost];
    const isUserSpace = heading.startsWith("netdev@");
    return {
      name: heading,
      hit: lookups.hit,
      // The kernel counts upcalls that failed among the missed packets, the datapath in user space does not.
      missed: isUserSpace && missed !== undefined ? missed + (lost ?? 0) : missed,
      lost,
      flows: numberOf(lineOf(body, "flows")),
      masks: masks.total,
      maskHit: masks.hit,
      cacheHit: pairsOf(lineOf(body, "cache")).hit,
    };
  });
}

/** What keeps the flows of one datapath up to date. */
export interface RevalidatorFigures {
  readonly flowLimit: number | undefined;
  readonly dumpMs: number | undefined;
  readonly offloadedFlows: number | undefined;
}

/** `upcall/show`, by the name of the datapath. */
export function parseUpcalls(text: string): ReadonlyMap<string, RevalidatorFigures> {
  return new Map(
    sectionsOf(text, /^(\S+@\S+):\s*$/).map(({ heading, body }) => [
      heading,
      {
        flowLimit: numberOf(/\(limit (\d+)\)/.exec(lineOf(body, "flows") ?? "")?.[1]),
        dumpMs: numberOf(/^(\d+)ms/.exec(lineOf(body, "dump duration") ?? "")?.[1]),
        offloadedFlows: numberOf(lineOf(body, "offloaded flows")),
      },
    ]),
  );
}

/** Where a packet of a datapath in user space was found a flow for, by the thread that polled it. */
export interface PmdFigures {
  /** Number of the core, or `main`: what no PMD thread polls. */
  readonly core: string;
  readonly packets: number | undefined;
  readonly recirculations: number | undefined;
  readonly hardwareHit: number | undefined;
  readonly simpleHit: number | undefined;
  readonly emcHit: number | undefined;
  readonly smcHit: number | undefined;
  readonly megaflowHit: number | undefined;
  readonly missOk: number | undefined;
  readonly missFailed: number | undefined;
  readonly idleCycles: number | undefined;
  readonly busyCycles: number | undefined;
}

/** `dpif-netdev/pmd-stats-show`. */
export function parsePmds(text: string): readonly PmdFigures[] {
  return sectionsOf(text, /^(main thread|pmd thread .*core_id \d+):\s*$/).map(({ heading, body }) => {
    const figure = (name: string) => numberOf(/^(\d+)/.exec(lineOf(body, name) ?? "")?.[1]);
    return {
      core: /core_id (\d+)/.exec(heading)?.[1] ?? "main",
      packets: figure("packets received"),
      recirculations: figure("packet recirculations"),
      hardwareHit: figure("phwol hits"),
      simpleHit: figure("simple match hits"),
      emcHit: figure("emc hits"),
      smcHit: figure("smc hits"),
      megaflowHit: figure("megaflow hits"),
      missOk: figure("miss with success upcall"),
      missFailed: figure("miss with failed upcall"),
      idleCycles: figure("idle cycles"),
      busyCycles: figure("processing cycles"),
    };
  });
}

/** `memory/show`: one line of `name:number`, where a name may hold a blank. */
export function parseMemory(text: string): (name: string) => number | undefined {
  return (name) => numberOf(new RegExp(`(?:^|\\s)${name}:(\\d+)`).exec(text)?.[1]);
}

interface Section {
  readonly heading: string;
  /** Lines below, without what they are indented by. */
  readonly body: readonly string[];
}

/** Parts of a text that begin with a line that is not indented. */
export function sectionsOf(text: string, headingPattern: RegExp): readonly Section[] {
  const sections: { heading: string; body: string[] }[] = [];
  for (const line of text.split("\n")) {
    const heading = headingPattern.exec(line)?.[1];
    if (heading !== undefined) sections.push({ heading, body: [] });
    else sections.at(-1)?.body.push(line.trim());
  }
  return sections;
}

/** What stands behind `<name> :` in one of these lines. */
export function lineOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((it) => it.startsWith(name) && /^\s*:/.test(it.slice(name.length)));
  return line?.slice(line.indexOf(":") + 1).trim();
}

/** `hit:51 missed:54 lost:?` */
function pairsOf(text: string | undefined): { readonly [name: string]: number | undefined } {
  return Object.fromEntries(
    (text ?? "").split(/\s+/).map((pair) => [pair.split(":")[0], numberOf(pair.split(":")[1])]),
  );
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
