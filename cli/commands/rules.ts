import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseRuleFile } from "../../alerts/rules/parse.ts";
import { checkPromql } from "../../alerts/rules/presence.ts";
import { messageOf, OperatorError } from "../../core/errors.ts";
import type { Command } from "../command.ts";

export const rulesCommand: Command = {
  summary: "check rule files",
  usage: "nephoscope rules check FILE...",
  run: async (args, { print, printError }) => {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
    const [verb, ...files] = positionals;
    if (verb !== "check" || files.length === 0) {
      throw new OperatorError({
        code: "rules.arguments",
        message: "name the files to check",
        hint: rulesCommand.usage,
      });
    }
    let bad = 0;
    for (const file of files) {
      const parsed = parseRuleFile(readRules(file), file, checkPromql);
      if (parsed.kind === "ok") {
        print(`${file}: ${parsed.file.groups.reduce((sum, { rules }) => sum + rules.length, 0)} rules`);
        continue;
      }
      bad++;
      for (const { line, column, message } of parsed.problems) printError(`${file}:${line}:${column}: ${message}`);
    }
    return bad > 0 ? 1 : 0;
  },
};

function readRules(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const message = `cannot read ${file}: ${messageOf(cause)}`;
    throw new OperatorError({ code: "rules.unreadable", message, hint: "check the path", cause });
  }
}
