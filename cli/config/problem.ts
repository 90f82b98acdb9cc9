import { OperatorError } from "../../core/errors.ts";

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** Dotted: `listen.port`. Empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** Where it stands: `nephoscope.yaml:3:7`, `--port`, `NEPHOSCOPE_LISTEN_PORT`. */
  readonly source?: string | undefined;
}

/** Every problem at once, one to a line. */
export function configError(problems: readonly ConfigProblem[]): OperatorError {
  const lines = problems.map(({ path, message, source }) => {
    const where = source === undefined ? "" : ` (${source})`;
    return `${path === "" ? "configuration" : path}${where}: ${message}`;
  });
  return new OperatorError({
    code: "config.invalid",
    message: `the configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n  ${lines.join("\n  ")}`,
    hint: "config.schema.json lists every key; `nephoscope check-config` checks a file without starting anything",
  });
}
