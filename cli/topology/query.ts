import type { Static } from "typebox";
import { SearchResponse } from "../../web/api/search.ts";
import { PathResponse, TopologyQueryResponse } from "../../web/api/topology-query.ts";
import { type Asked, ask, checked, show, wrongArguments } from "./asked.ts";
import { changeLines } from "./change-lines.ts";
import { fullNameOf, timeText, valueText } from "./names.ts";
import { type Pen, penOf } from "./terminal.ts";

export const QUERY_USAGE = [
  "nephoscope topology query '<gremlin>' [--json]                 e.g. \"G.V().Has('Type', 'host').Count()\", see docs/gremlin.md",
  "nephoscope topology path FROM TO [TIME] [--json]               FROM and TO: an id, or a name, IP, MAC or UUID of one element",
  "nephoscope topology search TEXT [TIME] [--limit N] [--json]    a name, UUID, IP, network, MAC, port id, `vlan 100`, `vni 7001`",
].join("\n       ");

/** `nephoscope topology query` */
export async function query(asked: Asked): Promise<number> {
  const [text, ...more] = asked.rest;
  if (text === undefined || more.length > 0) throw wrongArguments("give one query, in quotes", QUERY_USAGE);
  const path = "/api/v1/topology/query";
  const body = { query: text, cluster: asked.flags.cluster };
  const answer = checked(TopologyQueryResponse, path, await asked.client.call("POST", path, { body }));
  show(asked, answer, () => answerLines(answer, penOf(asked.context)));
  if (!answer.complete) asked.context.printError(INCOMPLETE);
  return 0;
}

/** `nephoscope topology path` */
export async function path(asked: Asked): Promise<number> {
  const [from, to, at] = asked.rest;
  if (from === undefined || to === undefined) throw wrongArguments("path needs two elements", QUERY_USAGE);
  const { cluster } = asked.flags;
  const answer = await ask(asked.client, PathResponse, "/api/v1/topology/path", { from, to, at, cluster });
  show(asked, answer, () =>
    answer.stops.map(({ element, reason }) =>
      reason === undefined ? fullNameOf(element) : `${fullNameOf(element)}  (${reason.text})`,
    ),
  );
  if (!answer.complete) asked.context.printError(INCOMPLETE);
  return 0;
}

/** `nephoscope topology search`; exit code 1 when nothing is found. */
export async function search(asked: Asked): Promise<number> {
  const [q, at] = asked.rest;
  if (q === undefined) throw wrongArguments("say what to search for", QUERY_USAGE);
  const { cluster, limit } = asked.flags;
  const answer = await ask(asked.client, SearchResponse, "/api/v1/search", { q, at, cluster, limit });
  show(asked, answer, () => answer.hits.map(hitLine));
  if (answer.has_more) asked.context.printError("there are more; raise --limit or search for something longer");
  if (answer.hits.length === 0) asked.context.printError("nothing is or was known by that");
  return answer.hits.length === 0 ? 1 : 0;
}

const INCOMPLETE = "too much has changed since then to be sure that nothing is missing";

function answerLines(answer: Static<typeof TopologyQueryResponse>, pen: Pen): readonly string[] {
  switch (answer.kind) {
    case "count":
      return [String(answer.count)];
    case "elements":
      return [...answer.elements.map(fullNameOf), ...leftOut(answer.elements.length, answer.total)];
    case "values":
      return [...answer.values.map(shownText), ...leftOut(answer.values.length, answer.total)];
    case "paths": {
      const lines = answer.paths.map((nodes) => nodes.map(fullNameOf).join(" -> "));
      return [...lines, ...leftOut(answer.paths.length, answer.total)];
    }
    case "changes":
      return [
        ...answer.changes.flatMap((change) => changeLines(change, pen)),
        ...leftOut(answer.changes.length, answer.total),
      ];
  }
}

function shownText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function leftOut(shown: number, total: number): readonly string[] {
  return shown < total ? [`${total - shown} more are not shown`] : [];
}

function hitLine(hit: SearchResponse["hits"][number]): string {
  const { cluster, state, until, match } = hit;
  const life = until === undefined ? "" : `  ${state}, until ${timeText(until)}`;
  const where = match.key === undefined ? "" : ` in ${match.key}`;
  return `${cluster}  ${fullNameOf(hit)}  ${match.what} ${valueText(match.value)}${where}${life}`;
}
