import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { parseDuration } from "../../core/duration.ts";
import { OperatorError } from "../../core/errors.ts";
import type { TopologyStore } from "../../store/topology-store.ts";

/** A moment as people write it, before a revision or a snapshot is looked up. */
export type TimeExpression =
  | { readonly kind: "now" }
  | { readonly kind: "instant"; readonly at: EpochMs }
  | { readonly kind: "revision"; readonly cluster: string; readonly revision: number }
  | { readonly kind: "snapshot"; readonly name: string };

/** Numbers below are epoch seconds, others milliseconds: as milliseconds it is March 1973, as seconds the year 5138. */
const FIRST_MILLISECONDS = 1e11;
/** The last instant a Date can hold. */
const LAST_MS = 8.64e15;

/** RFC 3339, epoch seconds or milliseconds, `now`, `now-1h30m`, `<cluster>@r<number>` or the name of a snapshot. */
export function parseTimeExpression(text: string, now: EpochMs): TimeExpression {
  const expression = text === "now" ? ({ kind: "now" } as const) : (parseInstant(text, now) ?? parseName(text));
  if (expression === undefined) throw unknownForm(text);
  return expression;
}

/** Whether text means an instant by itself, or looks as if it did, so that no snapshot may have it as its name. */
export function isInstantText(text: string, now: EpochMs): boolean {
  return text === "now" || text.startsWith("now-") || parseInstant(text, now) !== undefined;
}

/** Errors: `time.unknown_form` (400), `topology.revision_unknown` and `snapshot.unknown` (404). */
export async function instantOf(
  expression: TimeExpression,
  context: { readonly cluster: string; readonly now: EpochMs; readonly store: TopologyStore },
): Promise<EpochMs> {
  switch (expression.kind) {
    case "now":
      return context.now;
    case "instant":
      return expression.at;
    case "revision": {
      const { cluster, revision } = expression;
      const at = await context.store.revisionAt(cluster, revision);
      if (at === undefined) throw revisionUnknown(cluster, revision);
      return at;
    }
    case "snapshot": {
      const snapshots = await context.store.snapshots(context.cluster);
      const found = snapshots.find(({ name }) => name === expression.name);
      if (found === undefined) throw snapshotUnknown(context.cluster, expression.name);
      return found.at;
    }
  }
}

function parseInstant(text: string, now: EpochMs): TimeExpression | undefined {
  const at = parseEpoch(text) ?? parseRelative(text, now) ?? parseRfc3339(text);
  if (at === undefined) return undefined;
  if (at < 0 || at > LAST_MS) throw outOfRange(text);
  return { kind: "instant", at: epochMsOf(Math.round(at)) };
}

function parseEpoch(text: string): number | undefined {
  if (!/^\d{1,17}(\.\d{1,9})?$/.test(text)) return undefined;
  const value = Number(text);
  return value < FIRST_MILLISECONDS ? value * 1_000 : value;
}

function parseRelative(text: string, now: EpochMs): number | undefined {
  const agoMs = text.startsWith("now-") ? parseDuration(text.slice(4), Number.POSITIVE_INFINITY) : undefined;
  return agoMs === undefined ? undefined : now - agoMs;
}

function parseRfc3339(text: string): number | undefined {
  // In a query string an unescaped "+" of an offset arrives as a space.
  const match = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+ -]\d\d:\d\d)$/i.exec(text);
  if (match === null) return undefined;
  const at = Date.parse(`${text.slice(0, 10)}T${text.slice(11).replace(" ", "+")}`);
  return Number.isNaN(at) ? undefined : at;
}

function parseName(text: string): TimeExpression | undefined {
  const revision = /^(.{1,200})@r(\d{1,15})$/.exec(text);
  if (revision?.[1] !== undefined) return { kind: "revision", cluster: revision[1], revision: Number(revision[2]) };
  return /^(?!now-)[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text) ? { kind: "snapshot", name: text } : undefined;
}

const FORMS =
  "write RFC 3339 (2026-01-31T02:41:00Z), epoch seconds or milliseconds, now, now-15m (y w d h m s ms), a revision (<cluster>@r1234) or the name of a snapshot";

function unknownForm(text: string): OperatorError {
  return new OperatorError({
    code: "time.unknown_form",
    message: `${JSON.stringify(text.slice(0, 100))} is not a moment`,
    hint: FORMS,
    status: 400,
  });
}

function outOfRange(text: string): OperatorError {
  return new OperatorError({
    code: "time.out_of_range",
    message: `${JSON.stringify(text.slice(0, 100))} lies outside of the years 1970 to 275760`,
    hint: FORMS,
    status: 400,
  });
}

function revisionUnknown(cluster: string, revision: number): OperatorError {
  return new OperatorError({
    code: "topology.revision_unknown",
    message: `there is no revision ${revision} of cluster ${cluster}`,
    hint: "GET /api/v1/topology tells the last revision; GET /api/v1/topology/changes lists them",
    status: 404,
  });
}

function snapshotUnknown(cluster: string, name: string): OperatorError {
  return new OperatorError({
    code: "snapshot.unknown",
    message: `cluster ${cluster} has no snapshot called ${name}`,
    hint: `GET /api/v1/topology/snapshots lists them; if ${name} was meant as a time, ${FORMS}`,
    status: 404,
  });
}
