import { parseDuration } from "../../core/duration.ts";
import { METRIC_NAME } from "../../core/series.ts";
import { parseTemplate } from "../template/parse.ts";
import type { Template } from "../template/template.ts";
import { TemplateError } from "../template/tokens.ts";
import type { Field, YamlReader } from "./yaml-reader.ts";

const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Undefined when the field is left out or is a problem. */
export function readDuration(reader: YamlReader, field: Field | undefined): number | undefined {
  if (field === undefined) return undefined;
  const text = reader.text(field.value, "a duration");
  if (text === undefined) return undefined;
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    reader.add(field.value, `${JSON.stringify(text)} is not a duration; write it like 30s, 5m or 1h30m`);
  }
  return durationMs;
}

export function readWholeNumber(reader: YamlReader, field: Field | undefined): number | undefined {
  if (field === undefined) return undefined;
  const text = reader.text(field.value, "a number");
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  reader.add(field.value, `${JSON.stringify(text)} is not a whole number`);
  return undefined;
}

/** Templates by label or annotation name. */
export function readLabels(reader: YamlReader, field: Field | undefined): { readonly [name: string]: Template } {
  if (field === undefined) return {};
  const templates: Record<string, Template> = {};
  for (const [name, { key, value }] of reader.fields(field.value, "labels or annotations", "any") ?? []) {
    if (!LABEL_NAME.test(name) || name === METRIC_NAME) {
      reader.add(key, `${JSON.stringify(name)} cannot be the name of a label`);
      continue;
    }
    const text = reader.text(value, name);
    if (text === undefined) continue;
    try {
      templates[name] = parseTemplate(text);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      reader.add(value, `in the template of ${name}: ${error.message}`);
    }
  }
  return templates;
}
