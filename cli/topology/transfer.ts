import { createWriteStream, existsSync, openAsBlob, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Check } from "typebox/value";
import { messageOf, OperatorError } from "../../core/errors.ts";
import { ImportResponse } from "../../web/api/topology-transfer.ts";
import { type Asked, show, wrongArguments } from "./asked.ts";
import { timeText } from "./names.ts";

export const TRANSFER_USAGE = [
  "nephoscope topology export FILE --from TIME [--to TIME] [--root ID]   a span of the history, to be sent to somebody",
  "nephoscope topology import FILE --cluster NAME [--json]               takes it in as a cluster of that name",
].join("\n       ");

const PROGRESS_EVERY_BYTES = 50_000_000;

/** `nephoscope topology export` */
export async function exportSpan({ client, flags, rest, context }: Asked): Promise<number> {
  const [file] = rest;
  const { from, to = "now", cluster, root } = flags;
  if (file === undefined || from === undefined) throw wrongArguments("export needs a file and --from", TRANSFER_USAGE);
  if (existsSync(file)) throw fileExists(file);
  const lines = await client.download("/api/v1/topology/export", { from, to, cluster, root });
  try {
    await pipeline(counted(lines, context.printError), createWriteStream(file, { flags: "wx" }));
  } catch (cause) {
    throw brokenOff(file, cause);
  }
  context.printError(`${file}: ${megabytes(statSync(file).size)}`);
  return 0;
}

/** `nephoscope topology import` */
export async function importSpan(asked: Asked): Promise<number> {
  const [file] = asked.rest;
  const { cluster } = asked.flags;
  if (file === undefined || cluster === undefined) {
    throw wrongArguments("import needs a file and the name its cluster gets", TRANSFER_USAGE);
  }
  if (!existsSync(file)) throw noFile(file);
  const body = await openAsBlob(file);
  asked.context.printError(`sending ${megabytes(body.size)} ...`);
  const answer = await asked.client.upload("/api/v1/topology/import", { cluster }, body);
  if (!Check(ImportResponse, answer)) throw new TypeError("the answer of an import has another shape");
  show(asked, answer, () => [
    `cluster ${answer.cluster}: ${answer.elements} elements at ${timeText(answer.from)}, ${answer.revisions} revisions until ${timeText(answer.to)}`,
  ]);
  return 0;
}

/** Says now and then how far it is. */
async function* counted(chunks: AsyncIterable<Uint8Array>, say: (line: string) => void): AsyncIterable<Uint8Array> {
  let [bytes, said] = [0, 0];
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes - said >= PROGRESS_EVERY_BYTES) {
      said = bytes;
      say(`${megabytes(bytes)} ...`);
    }
    yield chunk;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function fileExists(file: string): OperatorError {
  return new OperatorError({
    code: "export.file_exists",
    message: `${file} is there already`,
    hint: "name another file, or remove it first",
  });
}

function noFile(file: string): OperatorError {
  return new OperatorError({ code: "import.no_file", message: `there is no file ${file}`, hint: "check its name" });
}

function brokenOff(file: string, cause: unknown): OperatorError {
  return new OperatorError({
    code: "export.broken_off",
    message: `the export broke off: ${messageOf(cause)}`,
    hint: `remove ${file}, look at the server's log and at the disk, and try again`,
    cause,
  });
}
