import type { Attributes, AttributeValue, Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { identifiersOf } from "../../topology/identifiers.ts";
import type { Change } from "../../topology/model/change.ts";
import { isLinkKind } from "../../topology/model/parse-element.ts";
import type { Revision } from "../../topology/model/revision.ts";
import type { SqlCell, SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import type { PastIdentifier, PastIdentifierQuery } from "../topology-store.ts";
import { idCell, textCell, timeCell } from "./cells.ts";
import { listed, MAX_LISTED } from "./conditions.ts";
import { partOf, singlePart } from "./part.ts";
import { lastKnownRevision } from "./revisions.ts";
import { slicesOf } from "./slices.ts";
import { readParts } from "./state-reader.ts";

/** Rows of the table `past_identifiers` that a revision brings: what its removals and updates make elements lose. */
export function* lostIdentifierRows({ cluster, at, revision, changes }: Revision): Iterable<readonly SqlCell[]> {
  for (const change of changes) {
    for (const { element, token } of lostBy(change)) {
      const name = "name" in element ? element.name : undefined;
      yield [cluster, token, element.id, element.kind, name, at, revision];
    }
  }
}

function* lostBy(change: Change): Iterable<{ readonly element: Element; readonly token: string }> {
  switch (change.kind) {
    case "add":
      return;
    case "remove":
      for (const token of identifiersOf(change.element)) yield { element: change.element, token };
      return;
    case "update": {
      const element = asFarAsTold(change, change.before);
      const kept = new Set(identifiersOf(asFarAsTold(change, change.after)));
      for (const token of identifiersOf(element)) if (!kept.has(token)) yield { element, token };
    }
  }
}

/** What an update tells of its element. Attributes it does not name are the same on both sides, and are missing in both. */
function asFarAsTold({ id, subject }: Extract<Change, { kind: "update" }>, told: Attributes): Element {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(told)) if (!name.startsWith("@")) attributes[name] = value;
  const { kind } = subject;
  if (isLinkKind(kind)) return { id, kind, from: id, to: id, attributes };
  const name = typeof told["@name"] === "string" ? told["@name"] : (subject.name ?? "");
  return { id, kind, name, cluster: "", attributes };
}

/** Newest first. What an element lost and has again is left out: its present state is looked at. */
export async function readPastIdentifiers(
  reader: SqlReader,
  { cluster, tokens, limit }: PastIdentifierQuery,
): Promise<readonly PastIdentifier[]> {
  const found: PastIdentifier[] = [];
  for (let start = 0; start < tokens.length && found.length < limit; start += MAX_LISTED) {
    const some = tokens.slice(start, start + MAX_LISTED);
    const rows = await reader.rows(
      sql`SELECT token, element_id, kind, name, until_ms FROM past_identifiers
        WHERE cluster = ${cluster} AND token IN ${listed(some)}
        ORDER BY until_ms DESC, revision DESC, element_id, token LIMIT ${MOST_CANDIDATES}`,
    );
    found.push(...(await notHadNow(reader, cluster, latestOnly(rows))));
  }
  return found.sort((left, right) => right.until - left.until).slice(0, limit);
}

/** Losses looked at for one question; an identifier that changed hands more often is answered with the latest of them. */
const MOST_CANDIDATES = 2_000;

/** The latest loss of each token by each element; rows come latest first. */
function latestOnly(rows: readonly (readonly unknown[])[]): readonly PastIdentifier[] {
  const latest = new Map<string, PastIdentifier>();
  for (const [token, id, kind, name, until] of rows) {
    const key = `${textCell(id)} ${textCell(token)}`;
    if (latest.has(key)) continue;
    latest.set(key, {
      token: textCell(token),
      id: idCell(id),
      kind: textCell(kind),
      name: name === null ? undefined : textCell(name),
      until: timeCell(until),
    });
  }
  return [...latest.values()];
}

async function notHadNow(
  reader: SqlReader,
  cluster: string,
  lost: readonly PastIdentifier[],
): Promise<readonly PastIdentifier[]> {
  const ids = new Set<ElementId>(lost.map(({ id }) => id));
  const parts = new Map([...ids].map((id) => [partOf(id), 1] as const));
  const bounds = { cluster, upToRevision: await lastKnownRevision(reader, cluster) };
  const now = new Map<ElementId, ReadonlySet<string>>();
  for (const slice of slicesOf(parts, false)) {
    const selection = {
      ranges: slice.parts.map(singlePart),
      includes: (id: ElementId) => ids.has(id),
      elements: sql``,
    };
    for (const element of (await readParts(reader, bounds, slice, selection)).elements.values()) {
      if (ids.has(element.id)) now.set(element.id, new Set(identifiersOf(element)));
    }
  }
  return lost.filter(({ id, token }) => !(now.get(id)?.has(token) ?? false));
}
