import { parseArgs } from "node:util";
import { Value } from "typebox/value";
import { OperatorError } from "../../core/errors.ts";
import { ChangesResponse, DiffResponse, SnapshotsResponse, TopologyResponse } from "../../web/api/topology.ts";
import { API_FLAGS, type ApiClient, createApiClient } from "../api-client.ts";
import type { Command, CommandContext } from "../command.ts";
import { diffLines, hasDifferences, logLines, treeLines } from "../topology/describe.ts";

const FLAGS = {
  ...API_FLAGS,
  cluster: { type: "string" },
  root: { type: "string" },
  ignore: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
  note: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parse>["values"];
interface Asked {
  readonly client: ApiClient;
  readonly values: Values;
  readonly rest: readonly string[];
  readonly context: CommandContext;
}

const VERBS: Readonly<Record<string, (asked: Asked) => Promise<number>>> = { at, diff, log, snapshot };

export const topologyCommand: Command = {
  summary: "the topology at a time, the difference of two, the change log, named snapshots",
  usage: [
    "nephoscope topology at [TIME] [--root ID] [--json]",
    "nephoscope topology diff FROM TO [--root ID] [--ignore ATTRIBUTE,...] [--json]   (exit code 1 when they differ)",
    "nephoscope topology log [--from TIME] [--to TIME] [--root ID] [--limit N] [--json]",
    "nephoscope topology snapshot list | create NAME [TIME] [--note TEXT] | delete NAME",
    "TIME: now, now-15m, RFC 3339, epoch seconds or milliseconds, <cluster>@r<revision>, a snapshot's name",
  ].join("\n       "),
  run: async (args, context) => {
    const { values, positionals } = parse(args);
    const [name = "", ...rest] = positionals;
    const verb = VERBS[name];
    if (verb === undefined) throw wrong(name === "" ? "say what to do" : `there is no \`topology ${name}\``);
    return verb({ client: createApiClient(values, context.env), values, rest, context });
  },
};

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: FLAGS });
}

async function at({ client, values, rest, context }: Asked): Promise<number> {
  const query = { at: rest[0] ?? "now", cluster: values.cluster, root: values.root };
  const answer = Value.Parse(TopologyResponse, await client.call("GET", "/api/v1/topology", { query }));
  show(context, values, answer, () => treeLines(answer));
  if (answer.elements.length === 0) context.printError(emptyText(answer.history_begins_at));
  return 0;
}

function emptyText(historyBeginsAt: number | undefined): string {
  if (historyBeginsAt === undefined) return "nothing has been recorded yet";
  return `nothing was there then; the history begins at ${new Date(historyBeginsAt).toISOString()}`;
}

async function diff({ client, values, rest, context }: Asked): Promise<number> {
  const [from, to] = rest;
  if (from === undefined || to === undefined) throw wrong("diff needs two times");
  const query = { from, to, cluster: values.cluster, root: values.root, ignore: values.ignore };
  const answer = Value.Parse(DiffResponse, await client.call("GET", "/api/v1/topology/diff", { query }));
  show(context, values, answer, () => diffLines(answer));
  return hasDifferences(answer) ? 1 : 0;
}

async function log({ client, values, context }: Asked): Promise<number> {
  const { cluster, root, from = "now-1h", to = "now", limit } = values;
  const query = { from, to, cluster, root, limit };
  const answer = Value.Parse(ChangesResponse, await client.call("GET", "/api/v1/topology/changes", { query }));
  show(context, values, answer, () => logLines(answer));
  return 0;
}

async function snapshot({ client, values, rest, context }: Asked): Promise<number> {
  const [action = "list", name, time] = rest;
  const path = "/api/v1/topology/snapshots";
  const { cluster } = values;
  if (action === "list") {
    const answer = Value.Parse(SnapshotsResponse, await client.call("GET", path, { query: { cluster } }));
    show(context, values, answer, () =>
      answer.snapshots.map(
        (each) => `${each.name}  ${new Date(each.at).toISOString()}  ${each.cluster}@r${each.revision}  ${each.note}`,
      ),
    );
    return 0;
  }
  if (name === undefined) throw wrong(`snapshot ${action} needs a name`);
  if (action === "create") {
    await client.call("POST", path, { body: { name, at: time, cluster, note: values.note } });
    context.print(`snapshot ${name} kept`);
    return 0;
  }
  if (action !== "delete") throw wrong(`there is no \`topology snapshot ${action}\``);
  await client.call("DELETE", `${path}/${encodeURIComponent(name)}`, { query: { cluster } });
  context.print(`snapshot ${name} deleted`);
  return 0;
}

function show(context: CommandContext, values: Values, answer: unknown, lines: () => readonly string[]): void {
  if (values.json) context.print(JSON.stringify(answer, undefined, 2));
  else for (const line of lines()) context.print(line);
}

function wrong(message: string): OperatorError {
  return new OperatorError({ code: "topology.arguments", message, hint: `usage: ${topologyCommand.usage}` });
}
