import { SnapshotsResponse } from "../../web/api/topology.ts";
import { type Asked, ask, show, wrongArguments } from "./asked.ts";
import { timeText } from "./names.ts";
import { type Pen, penOf, widthOf } from "./terminal.ts";

const PATH = "/api/v1/topology/snapshots";
export const SNAPSHOT_USAGE =
  "nephoscope topology snapshot list | create NAME [TIME] [--note TEXT] | delete NAME   [--cluster NAME] [--json]";

/** `topology snapshot list|create|delete` */
export async function snapshot(asked: Asked): Promise<number> {
  const [action = "list", name, time] = asked.rest;
  switch (action) {
    case "list":
      return list(asked);
    case "create":
      return create(asked, nameIn(action, name), time);
    case "delete":
      return remove(asked, nameIn(action, name));
    default:
      throw wrongArguments(`there is no \`topology snapshot ${action}\``, SNAPSHOT_USAGE);
  }
}

async function list(asked: Asked): Promise<number> {
  const { client, flags, context } = asked;
  const answer = await ask(client, SnapshotsResponse, PATH, { cluster: flags.cluster });
  show(asked, answer, () => snapshotLines(answer, penOf(context)));
  if (answer.snapshots.length === 0) context.printError("no snapshot yet: `nephoscope topology snapshot create NAME`");
  return 0;
}

async function create({ client, flags, context }: Asked, name: string, time: string | undefined): Promise<number> {
  const { cluster, note, json } = flags;
  const made = await client.call("POST", PATH, { body: { name, at: time, cluster, note } });
  context.print(json ? JSON.stringify(made, undefined, 2) : `snapshot ${name} kept`);
  return 0;
}

async function remove({ client, flags, context }: Asked, name: string): Promise<number> {
  await client.call("DELETE", `${PATH}/${encodeURIComponent(name)}`, { query: { cluster: flags.cluster } });
  context.print(flags.json ? JSON.stringify({ deleted: name }) : `snapshot ${name} deleted; the history stays`);
  return 0;
}

function nameIn(action: string, name: string | undefined): string {
  if (name === undefined) throw wrongArguments(`snapshot ${action} needs a name`, SNAPSHOT_USAGE);
  return name;
}

/** A table: the newest moment first. */
export function snapshotLines({ snapshots }: SnapshotsResponse, pen: Pen): readonly string[] {
  const rows = snapshots
    .toSorted((a, b) => b.at - a.at)
    .map(({ name, at, cluster, revision, created_by, note }) => [
      name,
      timeText(at),
      `${cluster}@r${revision}`,
      created_by,
      note,
    ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? ""))));
  return rows.map((row) =>
    pen.line(
      row
        .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - Math.min(widths[column] ?? 0, widthOf(cell))))
        .join("  ")
        .trimEnd(),
    ),
  );
}
