import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf, OperatorError } from "../../core/errors.ts";
import type { Command } from "../command.ts";
import { CONFIG_FLAGS, CONFIG_USAGE, configInput } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { streamFiles, textOfTraceLine, traceLines } from "../streams/trace-lines.ts";

/** Less than this fits too many. */
const SHORTEST_ID = 6;

export const traceCommand: Command = {
  summary: "all that the streams of this machine have of one trace, in the order of time",
  usage: [
    `nephoscope trace ID [FILE...] [--json] ${CONFIG_USAGE}`,
    `  ID: a trace id or its beginning, ${SHORTEST_ID} characters at least, as a card in Feishu shows it`,
    "  FILE: logs to look through besides, such as those of agents",
  ].join("\n"),
  run: async (args, { env, print, printError }) => {
    const options = { ...CONFIG_FLAGS, json: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [id = "", ...files] = positionals;
    const prefix = id.toLowerCase();
    if (!new RegExp(`^[0-9a-f]{${SHORTEST_ID},32}$`).test(prefix)) throw notAnId(id);
    const logs = join(resolve(loadConfig(configInput(values, env)).data), "logs");
    const lines = await traceLines([...(await streamFiles(logs)), ...files], prefix).catch((cause: unknown) => {
      throw unreadable(cause);
    });
    for (const line of lines) print(values.json ? JSON.stringify(line.event) : textOfTraceLine(line));
    if (lines.length > 0) return 0;
    printError(`nothing in ${logs} names a trace ${prefix}`);
    printError("  hint: docs/streams.md says what is kept, and for how long");
    return 1;
  },
};

function notAnId(text: string): OperatorError {
  return new OperatorError({
    code: "trace.id_invalid",
    message: `${JSON.stringify(text)} is not a trace id`,
    hint: `write the id as a card, a log line or a problem shows it: ${SHORTEST_ID} to 32 of 0-9 and a-f`,
  });
}

function unreadable(cause: unknown): OperatorError {
  return new OperatorError({
    code: "trace.unreadable",
    message: `the lines cannot be read: ${messageOf(cause)}`,
    hint: "run it as the user that Nephoscope runs as, and name files that there are",
    cause,
  });
}
