import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { OperatorError } from "../../core/errors.ts";
import { buildDashboards } from "../../grafana/build.ts";
import type { Command } from "../command.ts";

export const dashboardsCommand: Command = {
  summary: "write the Grafana dashboards",
  usage: "nephoscope dashboards build [--out FOLDER] [--nephoscope-url URL]",
  run: async (args, { print }) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: "string", default: join(import.meta.dirname, "../..") },
        "nephoscope-url": { type: "string" },
      },
    });
    if (positionals[0] !== "build") {
      throw new OperatorError({
        code: "dashboards.arguments",
        message: "say what to do",
        hint: dashboardsCommand.usage,
      });
    }
    for (const { path, json } of buildDashboards(values["nephoscope-url"])) {
      mkdirSync(dirname(join(values.out, path)), { recursive: true });
      writeFileSync(join(values.out, path), json);
      print(path);
    }
    return 0;
  },
};
