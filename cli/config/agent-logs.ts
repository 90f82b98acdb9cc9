import { type Static, Type } from "typebox";
import { MAX_EXPRESSION_CHARS, refusalOf } from "../../agent/logs/expression-safety.ts";
import { BUILT_IN_PATTERNS } from "../../agent/logs/log-pattern.ts";
import type { LogOptions } from "../../agent/logs/log-probes.ts";
import type { ConfigProblem } from "./problem.ts";
import { closed, optionalText, section, text } from "./schema-words.ts";

const LogFilesSchema = Type.Object(
  {
    path: text("absolute path of log files, with * for anything in a name and ** for any folders"),
    source: optionalText("what they are called in metrics; the name of each file without .log when left out"),
    format: Type.Optional(
      Type.Union(
        [
          Type.Literal("kernel"),
          Type.Literal("oslo"),
          Type.Literal("ovs"),
          Type.Literal("libvirt"),
          Type.Literal("qemu"),
          Type.Literal("rabbitmq"),
        ],
        { description: "whose lines they hold, so that what is built in is looked for" },
      ),
    ),
  },
  closed,
);

const LogPatternSchema = Type.Object(
  {
    name: Type.String({ description: "what it is called in metrics and events", pattern: "^[a-z0-9][a-z0-9-]{0,62}$" }),
    expression: Type.String({
      description: "regular expression of JavaScript, tried on each line, of which 4,096 characters are looked at",
      minLength: 1,
      maxLength: MAX_EXPRESSION_CHARS,
    }),
    severity: Type.Union([Type.Literal("info"), Type.Literal("warning"), Type.Literal("critical")], {
      description: "of its events",
      default: "warning",
    }),
    event: Type.Boolean({ description: "make events of its lines, not only count them", default: true }),
  },
  closed,
);

/** What is read of logs besides what is built in. */
export const LogsSection = section({
  files: Type.Array(LogFilesSchema, { description: "log files read besides those of OpenStack", default: [] }),
  patterns: Type.Array(LogPatternSchema, { description: "kinds of lines counted in all logs", default: [] }),
});

type LogsConfig = Static<typeof LogsSection>;

const BUILT_IN: ReadonlySet<string> = new Set(
  Object.values(BUILT_IN_PATTERNS).flatMap((of) => of.map(({ name }) => name)),
);

export function logOptions({ files, patterns }: LogsConfig): LogOptions {
  return { files: files.map(({ path, source, format }) => ({ glob: path, source, family: format })), patterns };
}

/** What the schema does not see: expressions that cannot be taken, names that are there twice, paths that are not absolute. */
export function checkLogs({ files, patterns }: LogsConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [index, { path }] of files.entries()) {
    if (!path.startsWith("/")) problems.push({ path: `agent.logs.files.${index}.path`, message: "is not absolute" });
  }
  for (const [index, { name, expression }] of patterns.entries()) {
    const at = `agent.logs.patterns.${index}`;
    const refusal = refusalOf(expression);
    if (refusal !== undefined) problems.push({ path: `${at}.expression`, message: refusal });
    if (BUILT_IN.has(name) || patterns.findIndex((it) => it.name === name) < index) {
      problems.push({ path: `${at}.name`, message: "there is another pattern of this name" });
    }
  }
  return problems;
}
