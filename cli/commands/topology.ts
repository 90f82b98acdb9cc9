import { parseArgs } from "node:util";
import { ChangesResponse, DiffResponse, TopologyResponse } from "../../web/api/topology.ts";
import { createApiClient } from "../api-client.ts";
import type { Command } from "../command.ts";
import { type Asked, ask, joined, show, TOPOLOGY_FLAGS, type Verb, wrongArguments } from "../topology/asked.ts";
import { diffLines, hasDifferences } from "../topology/diff-lines.ts";
import { logLines } from "../topology/log-lines.ts";
import { timeText } from "../topology/names.ts";
import { path, QUERY_USAGE, query, search } from "../topology/query.ts";
import { SNAPSHOT_USAGE, snapshot } from "../topology/snapshot.ts";
import { penOf } from "../topology/terminal.ts";
import { exportSpan, importSpan, TRANSFER_USAGE } from "../topology/transfer.ts";
import { treeLines } from "../topology/tree-lines.ts";

const VERBS: Readonly<Record<string, Verb>> = {
  at,
  diff,
  log,
  snapshot,
  query,
  path,
  search,
  export: exportSpan,
  import: importSpan,
};

const USAGE = [
  "nephoscope topology at [TIME] [--root ID] [--kind KIND,...] [--json]",
  "nephoscope topology diff FROM [TO] [--root ID] [--host HOST,...] [--kind KIND,...] [--ignore ATTRIBUTE,...]",
  "                         [--group] [--flat] [--json]",
  "  exit code 0: no difference, 1: there are some, 2: it could not be told",
  "  --root takes a host, anything below one, or a region, zone or rack; --ignore takes mtu, external_ids.*, @state",
  "  --group lists under each cause what it folds, --flat lists every element by itself",
  "nephoscope topology log [--from TIME] [--to TIME] [--root ID] [--limit N] [--json]",
  SNAPSHOT_USAGE,
  QUERY_USAGE,
  TRANSFER_USAGE,
  "all take --cluster NAME where there are several",
  "TIME: now, now-15m, RFC 3339, epoch seconds or milliseconds, <cluster>@r<revision>, a snapshot's name",
].join("\n       ");

export const topologyCommand: Command = {
  summary: "the topology at a time, the difference of two, the change log, named snapshots",
  usage: USAGE,
  failureCode: 2,
  run: async (args, context) => {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: TOPOLOGY_FLAGS });
    const [name = "", ...rest] = positionals;
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb === undefined)
      throw wrongArguments(name === "" ? "say what to do" : `there is no \`topology ${name}\``, USAGE);
    return verb({ client: createApiClient(values, context.env), flags: values, rest, context });
  },
};

async function at(asked: Asked): Promise<number> {
  const { client, flags, rest, context } = asked;
  const query = { at: rest[0] ?? "now", cluster: flags.cluster, root: flags.root, kinds: joined(flags.kind) };
  const answer = await ask(client, TopologyResponse, "/api/v1/topology", query);
  show(asked, answer, () => treeLines(answer, penOf(context)));
  if (answer.elements.length === 0) context.printError(emptyText(answer.history_begins_at));
  return 0;
}

function emptyText(historyBeginsAt: number | undefined): string {
  if (historyBeginsAt === undefined) return "nothing has been recorded yet";
  return `nothing was there then; the history begins at ${timeText(historyBeginsAt)}`;
}

async function diff(asked: Asked): Promise<number> {
  const { client, flags, rest, context } = asked;
  const [from, to = "now"] = rest;
  if (from === undefined) throw wrongArguments("diff needs a time to compare with", USAGE);
  if (flags.flat && flags.group) throw wrongArguments("--flat and --group exclude each other", USAGE);
  const query = {
    from,
    to,
    cluster: flags.cluster,
    root: flags.root,
    hosts: joined(flags.host),
    kinds: joined(flags.kind),
    ignore: joined(flags.ignore),
    group: flags.flat ? "false" : undefined,
  };
  const answer = await ask(client, DiffResponse, "/api/v1/topology/diff", query);
  const form = flags.flat ? "flat" : flags.group ? "open" : "closed";
  show(asked, answer, () => diffLines(answer, { pen: penOf(context), form }));
  return hasDifferences(answer) ? 1 : 0;
}

async function log(asked: Asked): Promise<number> {
  const { client, flags, context } = asked;
  const { cluster, root, from = "now-1h", to = "now", limit } = flags;
  const answer = await ask(client, ChangesResponse, "/api/v1/topology/changes", { from, to, cluster, root, limit });
  show(asked, answer, () => logLines(answer, penOf(context)));
  if (answer.changes.length === 0) context.printError("nothing changed in that time");
  return 0;
}
