import { type Document, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { isRecord } from "../../core/json.ts";
import type { ConfigProblem } from "./problem.ts";
import { ConfigSchema } from "./schema.ts";

/** One place that settings come from, as a tree of plain values, with where each path stands. */
export interface Layer {
  readonly values: Record<string, unknown>;
  sourceOf(path: readonly string[]): string | undefined;
}

/** The YAML file, with `${NAME}` replaced inside values. */
export function fileLayer(text: string, name: string, env: NodeJS.ProcessEnv, problems: ConfigProblem[]): Layer {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${name}:${line}:${col}`;
  };
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push({ path: "", message: error.message, source: place(error.pos[0]) });
  }
  if (document.errors.length > 0) return { values: {}, sourceOf: () => name };
  replaceEnvironment(document, env, (message, offset) => problems.push({ path: "", message, source: place(offset) }));
  const values: unknown = document.toJS() ?? {};
  if (!isRecord(values)) {
    problems.push({ path: "", message: "must be a mapping of keys to values", source: place(0) });
    return { values: {}, sourceOf: () => name };
  }
  return {
    values,
    sourceOf: (path) => {
      for (let length = path.length; length > 0; length--) {
        const range = nodeRange(document, path.slice(0, length));
        if (range !== undefined) return place(range);
      }
      return name;
    },
  };
}

function replaceEnvironment(
  document: Document.Parsed,
  env: NodeJS.ProcessEnv,
  report: (message: string, offset: number | undefined) => void,
): void {
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string") return;
      node.value = node.value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, variable: string) => {
        const value = env[variable];
        if (value === undefined) report(`the environment has no variable ${variable}`, node.range?.[0]);
        return value ?? "";
      });
    },
  });
}

function nodeRange(document: Document.Parsed, path: readonly string[]): number | undefined {
  const node = document.getIn(path, true);
  return isScalar(node) || isRecord(node)
    ? (node as { range?: [number, number, number] | null }).range?.[0]
    : undefined;
}

/** `NEPHOSCOPE_LISTEN_PORT=9000` sets `listen.port`. Lists are set in the file only. */
export function environmentLayer(env: NodeJS.ProcessEnv, problems: ConfigProblem[]): Layer {
  const leaves = settings();
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || value === undefined || NOT_SETTINGS.has(name)) continue;
    const leaf = leaves.find(({ path }) => environmentName(path) === name);
    if (leaf === undefined && isServiceLink(name)) continue;
    if (leaf === undefined) problems.push({ path: "", message: "sets nothing that can be set", source: name });
    else setPath(values, leaf.path, valueFor(leaf, value));
  }
  return { values, sourceOf: environmentName };
}

/** What Kubernetes and docker put into every container beside a service called nephoscope. */
function isServiceLink(name: string): boolean {
  return /^NEPHOSCOPE_(SERVICE_(HOST|PORT).*|PORT|PORT_\d+_(TCP|UDP).*)$/.test(name);
}

const ENVIRONMENT_PREFIX = "NEPHOSCOPE_";
const NOT_SETTINGS: ReadonlySet<string> = new Set(["NEPHOSCOPE_CONFIG", "NEPHOSCOPE_URL", "NEPHOSCOPE_TOKEN"]);

function environmentName(path: readonly string[]): string {
  return ENVIRONMENT_PREFIX + path.join("_").toUpperCase();
}

/** Flags of the form `--set listen.port=9000`, and the short ones that stand for such a path. */
export function flagLayer(given: readonly (readonly [path: string, value: string])[]): Layer {
  const leaves = settings();
  const values: Record<string, unknown> = {};
  for (const [name, value] of given) {
    const leaf = leaves.find(({ path }) => path.join(".") === name);
    setPath(values, name.split("."), leaf === undefined ? value : valueFor(leaf, value));
  }
  return { values, sourceOf: (path) => `--set ${path.join(".")}` };
}

/** A path of the schema that ends in one value, and what kind of value that is. */
interface Setting {
  readonly path: readonly string[];
  readonly type: "boolean" | "number" | "string";
}

function settings(): readonly Setting[] {
  const found: Setting[] = [];
  const walk = (schema: unknown, path: readonly string[]): void => {
    if (!isRecord(schema)) return;
    if (isRecord(schema.properties)) {
      for (const [key, child] of Object.entries(schema.properties)) walk(child, [...path, key]);
    } else if (schema.type !== "array") {
      found.push({ path, type: schema.type === "boolean" || schema.type === "number" ? schema.type : "string" });
    }
  };
  walk(ConfigSchema, []);
  return found;
}

/** Text from outside YAML as the schema wants it; what cannot be that stays text, and the schema says so. */
function valueFor({ type }: Setting, text: string): unknown {
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return type === "number" && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function setPath(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const child = isRecord(tree[first]) ? tree[first] : {};
  tree[first] = child;
  setPath(child, rest, value);
}

/** The later layer wins, key by key; lists are replaced whole. */
export function mergeLayers(layers: readonly Layer[]): Record<string, unknown> {
  return layers.reduce<Record<string, unknown>>((below, layer) => mergeTrees(below, layer.values), {});
}

function mergeTrees(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = merged[key];
    merged[key] = isRecord(old) && isRecord(value) ? mergeTrees(old, value) : value;
  }
  return merged;
}
