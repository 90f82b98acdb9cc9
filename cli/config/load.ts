import { readFileSync } from "node:fs";
import { Value } from "typebox/value";
import { messageOf, OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import { environmentLayer, fileLayer, flagLayer, type Layer, mergeLayers } from "./layers.ts";
import { type ConfigProblem, configError } from "./problem.ts";
import { checkSafety } from "./safety.ts";
import { type Config, ConfigSchema } from "./schema.ts";

export interface ConfigInput {
  /** Path of the YAML file, when there is one. */
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Paths and values given as flags, lowest precedence first. */
  readonly flags: readonly (readonly [path: string, value: string])[];
}

/**
 * Flag over environment over file over default. Errors: `config.invalid` with every problem at once,
 * `config.unreadable`.
 */
export function loadConfig(input: ConfigInput): Config {
  const problems: ConfigProblem[] = [];
  const layers: Layer[] = [];
  if (input.file !== undefined) layers.push(fileLayer(readConfigFile(input.file), input.file, input.env, problems));
  layers.push(environmentLayer(input.env, problems), flagLayer(input.flags));
  const merged = mergeLayers(layers);
  const sourceOf = (path: readonly string[]) =>
    layers.findLast(({ values }) => hasPath(values, path))?.sourceOf(path) ?? layers[0]?.sourceOf(path);
  problems.push(...readSecretFiles(merged, sourceOf));
  const config: unknown = Value.Default(ConfigSchema, merged);
  problems.push(...schemaProblems(config, sourceOf));
  if (problems.length > 0) throw configError(problems);
  const valid = config as Config;
  const unsafe = checkSafety(valid);
  if (unsafe.length > 0) throw configError(unsafe);
  return valid;
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new OperatorError({
      code: "config.unreadable",
      message: `cannot read the configuration file ${file}: ${messageOf(cause)}`,
      hint: "check the path given with --config, and that this user may read it",
      cause,
    });
  }
}

/** Replaces `secret_file: path` by `secret: <contents>` wherever the schema has such a pair. */
function readSecretFiles(
  tree: Record<string, unknown>,
  sourceOf: (path: readonly string[]) => string | undefined,
  path: readonly string[] = [],
): readonly ConfigProblem[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const here = [...path, key];
    if (isRecord(value)) return readSecretFiles(value, sourceOf, here);
    const secret = SECRETS.find((name) => key === `${name}_file`);
    if (secret === undefined || typeof value !== "string") return [];
    const at = { path: here.join("."), source: sourceOf(here) };
    if (tree[secret] !== undefined) return [{ ...at, message: `give either ${secret} or ${key}, not both` }];
    try {
      tree[secret] = readFileSync(value, "utf8").trim();
      return [];
    } catch (error) {
      return [{ ...at, message: `cannot read it: ${messageOf(error)}` }];
    }
  });
}

const SECRETS = ["token", "password", "webhook", "secret"] as const;

function schemaProblems(
  config: unknown,
  sourceOf: (path: readonly string[]) => string | undefined,
): readonly ConfigProblem[] {
  const found = new Map<string, ConfigProblem>();
  const errors = Value.Errors(ConfigSchema, config);
  for (const error of errors) {
    const parent = error.instancePath.split("/").slice(1);
    for (const [key, message] of explain(error, errors)) {
      const path = key === undefined ? parent : [...parent, key];
      const name = path.join(".");
      if (!found.has(name)) found.set(name, { path: name, message, source: sourceOf(path) });
    }
  }
  return [...found.values()];
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** Key below the error's own path (undefined: the path itself) and what to say of it. */
function explain(
  error: SchemaError,
  all: readonly SchemaError[],
): readonly (readonly [key: string | undefined, message: string])[] {
  switch (error.keyword) {
    case "additionalProperties":
      return error.params.additionalProperties.map((key) => [key, "there is no such key"] as const);
    case "required":
      return error.params.requiredProperties.map((key) => [key, "is required"] as const);
    case "boolean":
      return [];
    case "const": {
      const alternatives = all.flatMap((other) =>
        other.keyword === "const" && other.instancePath === error.instancePath ? [other.params.allowedValue] : [],
      );
      return [[undefined, `must be ${alternatives.map((value) => JSON.stringify(value)).join(" or ")}`]];
    }
    default:
      return [[undefined, error.message]];
  }
}

function hasPath(tree: Record<string, unknown>, path: readonly string[]): boolean {
  let at: unknown = tree;
  for (const key of path) {
    if (!isRecord(at) || !(key in at)) return false;
    at = at[key];
  }
  return true;
}
