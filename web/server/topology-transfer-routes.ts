import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Type } from "typebox";
import { OperatorError } from "../../core/errors.ts";
import { exportHistory } from "../../store/transfer/export-history.ts";
import { exportLineText } from "../../store/transfer/export-line.ts";
import { importHistory } from "../../store/transfer/import-history.ts";
import { ImportResponse } from "../api/topology-transfer.ts";
import type { HttpServer } from "./http.ts";
import { noteOperation } from "./operations.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { askedOf, elementIdIn, spanOf, type TopologyDeps } from "./topology-request.ts";

export interface TransferDeps extends TopologyDeps {
  /** Makes an imported cluster one that can be asked about. */
  readonly onImported: (cluster: string) => Promise<void>;
}

const NDJSON = "application/x-ndjson";
/** An upload waits in a temporary file until it is known to be whole. */
const MAX_UPLOAD_BYTES = 4 * 1024 * 1024 * 1024;

/** `GET /api/v1/topology/export` and `POST /api/v1/topology/import` */
export function registerTransferRoutes(app: HttpServer, deps: TransferDeps): void {
  app.addContentTypeParser(NDJSON, (_request, payload, done) => done(null, payload));
  app.route({
    method: "GET",
    url: "/api/v1/topology/export",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "A span of the history as NDJSON, to be taken in elsewhere",
      querystring: Type.Object({
        from: TimeParameter,
        to: Type.Optional(TimeParameter),
        cluster: Type.Optional(ClusterParameter),
        root: Type.Optional(RootParameter),
      }),
    },
    handler: async (request, reply) => {
      const { from: fromText, to: toText, cluster, root } = request.query;
      const asked = askedOf(deps, cluster, [fromText, toText]);
      const span = spanOf((await asked.moment(fromText)).at, (await asked.moment(toText)).at);
      const part = { root: elementIdIn(root) };
      const lines = exportHistory(deps.store, { cluster: asked.cluster, ...span, part }, asked.now);
      reply
        .type(NDJSON)
        .header("content-disposition", `attachment; filename="topology-${span.from}-${span.to}.ndjson"`);
      return reply.send(Readable.from(textOf(lines)));
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/topology/import",
    config: { access: "admin", operation: "topology.import" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Takes an export into a cluster of its own",
      consumes: [NDJSON],
      querystring: Type.Object({
        cluster: Type.String({ minLength: 1, maxLength: 200, description: "the name it gets; must be new" }),
      }),
      response: { 201: ImportResponse },
    },
    handler: async (request, reply): Promise<ImportResponse> => {
      const { cluster } = request.query;
      noteOperation(request, { cluster, element: `cluster ${cluster}` });
      if (!(request.body instanceof Readable)) throw notNdjson();
      const folder = await mkdtemp(join(tmpdir(), "nephoscope-import-"));
      try {
        const path = join(folder, "export.ndjson");
        await pipeline(request.body, bounded(MAX_UPLOAD_BYTES), createWriteStream(path));
        const { from, to, elements, revisions, snapshots } = await importHistory(deps.store, cluster, () =>
          createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }),
        );
        await deps.onImported(cluster);
        noteOperation(request, { after: `${elements} elements, ${revisions} revisions, ${snapshots} snapshots` });
        reply.code(201);
        return { cluster, from, to, elements, revisions, snapshots };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  });
}

/** Many lines to a chunk: a chunk a line would cost more than the line. */
async function* textOf(lines: ReturnType<typeof exportHistory>): AsyncIterable<string> {
  let text = "";
  for await (const line of lines) {
    text += exportLineText(line);
    if (text.length < 65_536) continue;
    yield text;
    text = "";
  }
  yield text;
}

function bounded(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (bytes > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
}

function notNdjson(): OperatorError {
  return new OperatorError({
    code: "import.not_ndjson",
    message: `the body is not ${NDJSON}`,
    hint: `send the file with the header content-type: ${NDJSON}, or use \`nephoscope topology import\``,
    status: 415,
  });
}

function tooLarge(maxBytes: number): OperatorError {
  return new OperatorError({
    code: "import.too_large",
    message: `the export is longer than ${maxBytes} bytes`,
    hint: "export a shorter span, or a part of it with `root`",
    status: 413,
  });
}
