import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../core/json.ts";
import { parseRuleFile } from "./parse.ts";
import { type ExpressionCheck, formatProblem, type ParsedRuleFile } from "./rule.ts";

/** The rules that come along. */
export const DEFAULT_RULES_PATH = join(import.meta.dirname, "..", "default-rules.yaml");

/** A rule file on disk. A file that cannot be read is a problem like any other. */
export interface RuleSource {
  read(): Promise<ParsedRuleFile>;
  /** Whether the file was touched since it was last read. */
  isChanged(): Promise<boolean>;
}

export function ruleSource(path: string, check: ExpressionCheck): RuleSource {
  let readVersion = "";
  return {
    read: async () => {
      readVersion = await versionOf(path);
      try {
        return parseRuleFile(await readFile(path, "utf8"), path, check);
      } catch (error) {
        const message = `the rule file cannot be read (${codeOf(error)})`;
        return { kind: "bad", problems: [{ path, line: 1, column: 1, message }] };
      }
    },
    isChanged: async () => (await versionOf(path)) !== readVersion,
  };
}

export function problemLines(parsed: ParsedRuleFile): readonly string[] {
  return parsed.kind === "ok" ? [] : parsed.problems.map(formatProblem);
}

async function versionOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  if (isRecord(error) && typeof error.code === "string") return error.code;
  throw error;
}
