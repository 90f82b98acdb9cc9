import type { DiffGroup, DiffResponse } from "../../web/api/topology.ts";
import { flatLines, rowLines } from "./flat-lines.ts";
import { countText, hostIn, lastPartOf, shortNameOf, timeText, valueText } from "./names.ts";
import type { Pen, Tone } from "./terminal.ts";

type Cause = DiffGroup["cause"];

export interface DiffStyle {
  readonly pen: Pen;
  /** `closed`: a line for each cause. `open`: with everything it folds. `flat`: no causes. */
  readonly form: "closed" | "open" | "flat";
}

/** A difference as a person reads it: what happened, weightiest first, then the sums. */
export function diffLines(diff: DiffResponse, { pen, form }: DiffStyle): readonly string[] {
  const title = `${diff.cluster}: ${timeText(diff.from)} -> ${timeText(diff.to)}`;
  const { added, removed, updated, moved, unknown } = diff.counts;
  const sums = [
    `${added} added, ${removed} removed, ${updated} changed, ${moved} moved`,
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ].join(", ");
  const causes = form === "flat" ? flatLines(diff, pen) : groupLines(diff, pen, form === "open");
  const silent = diff.unknown_hosts.map((host) =>
    pen.line(pen.paint("unknown", `? ${host}: its agent was silent; what is missing there is unknown, not removed`)),
  );
  return [
    pen.line(pen.paint("quiet", title)),
    ...causes,
    ...silent,
    pen.line(hasDifferences(diff) ? sums : "no difference"),
  ];
}

/** Unknown is not a difference: nobody knows whether it is one. */
export function hasDifferences({ counts }: DiffResponse): boolean {
  return counts.added + counts.removed + counts.updated + counts.moved > 0;
}

const SIGNS: Readonly<Record<Cause["kind"], readonly [sign: string, tone: Tone]>> = {
  gone: ["-", "removed"],
  silent: ["?", "unknown"],
  moved: [">", "moved"],
  appeared: ["+", "added"],
  renamed: [">", "moved"],
  changed: ["~", "changed"],
};

function groupLines(diff: DiffResponse, pen: Pen, isOpen: boolean): readonly string[] {
  const rows = rowLines(diff, pen);
  const lines: string[] = [];
  for (const { cause, members, besides } of diff.groups ?? []) {
    const own = members.flatMap((id) => rows.get(id) ?? []);
    if (cause.kind === "changed" && members.length === 1) {
      lines.push(...own);
      continue;
    }
    const [sign, tone] = SIGNS[cause.kind];
    const size = members.length === 1 ? "" : pen.paint("quiet", countText(members.length, "element"));
    lines.push(pen.spread(pen.paint(tone, `${sign} ${causeText(cause, members)}`), size));
    for (const { id, names } of besides) lines.push(pen.line(`    besides ${names.join(", ")} of ${id}`));
    if (isOpen && (members.length > 1 || own.length > 1)) lines.push(...own.map((line) => pen.line(`    ${line}`)));
  }
  return lines;
}

function causeText(cause: Cause, members: readonly string[]): string {
  switch (cause.kind) {
    case "gone":
      return `${rootsText(cause)} gone`;
    case "appeared":
      return `${rootsText(cause)} new`;
    case "moved":
      return `${rootsText(cause)} moved ${lastPartOf(cause.from)} -> ${lastPartOf(cause.to)}`;
    case "renamed":
      return `${rootsText(cause)} renamed from ${lastPartOf(cause.from)}`;
    case "silent":
      return `agent on ${cause.host} silent: unknown, not removed`;
    case "changed": {
      const what = cause.deltas.map(deltaText).join(", ");
      return `${what} on ${members.length} elements (${cause.kinds.join(", ")})`;
    }
  }
}

/** One by its name; the same on several hosts by its name and how many those are. */
function rootsText({ subject, roots }: Extract<Cause, { kind: "gone" | "appeared" | "moved" | "renamed" }>): string {
  const [root = "", other] = roots;
  if (other === undefined) return shortNameOf({ ...subject, id: root });
  const hosts = new Set(roots.flatMap((id) => hostIn(id) ?? [])).size;
  const isSameName = hosts > 1 && subject.name !== undefined;
  return isSameName
    ? `${subject.kind} ${subject.name} on ${countText(hosts, "host")}`
    : `${roots.length} × ${subject.kind}`;
}

function deltaText(delta: Extract<Cause, { kind: "changed" }>["deltas"][number]): string {
  if (delta.kind === "value") return `${delta.name} ${valueText(delta.before)} -> ${valueText(delta.after)}`;
  const signs = [...delta.lost.map((item) => `-${item}`), ...delta.gained.map((item) => `+${item}`)];
  return `${delta.name} ${signs.join(" ")}`;
}
