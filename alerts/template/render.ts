import { isTrue, TEMPLATE_FUNCTIONS, textOf } from "./functions.ts";
import type { Expression, Part, Template, TemplateData, TemplateValue } from "./template.ts";

/** Fills a template. A label that is not there is the empty text, as in Prometheus. */
export function render(template: Template, data: TemplateData): string {
  return renderParts(template.parts, data);
}

function renderParts(parts: readonly Part[], data: TemplateData): string {
  return parts.map((part) => renderPart(part, data)).join("");
}

function renderPart(part: Part, data: TemplateData): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "value":
      return textOf(evaluate(part.value, data));
    case "if": {
      const branch = part.branches.find(({ condition }) => isTrue(evaluate(condition, data)));
      return renderParts(branch?.parts ?? part.otherwise, data);
    }
  }
}

function evaluate(expression: Expression, data: TemplateData): TemplateValue {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "labels":
      return `map[${Object.keys(data.labels)
        .sort()
        .map((name) => `${name}:${data.labels[name]}`)
        .join(" ")}]`;
    case "label":
      return data.labels[expression.name] ?? "";
    case "sample_value":
      return data.value;
    case "external_url":
      return data.externalUrl;
    case "call": {
      const called = TEMPLATE_FUNCTIONS[expression.function];
      if (called === undefined) throw new Error(`template function ${expression.function} was parsed but is not known`);
      return called.run(expression.args.map((arg) => evaluate(arg, data)));
    }
  }
}
