import { isRecord } from "../../../core/json.ts";

/**
 * What is wrong with a message card, JSON 1.0 or 2.0; undefined when Feishu would take it. In 2.0 an unknown property
 * is an error for Feishu; in 1.0 it is ignored there and an error here, so that nothing is sent in vain.
 * Source: open.feishu.cn, "Message card structure" and "Card JSON 2.0 structure".
 */
export function problemOfCard(card: unknown): string | undefined {
  if (!isRecord(card)) return "card is missing";
  return card.schema === "2.0" ? checkObject(card, CARD_2, "card") : checkObject(card, CARD_1, "card");
}

type Check = (value: unknown, at: string) => string | undefined;
type Shape = { readonly [property: string]: { readonly check: Check; readonly required?: true } };

const text: Check = (value, at) => (typeof value === "string" && value !== "" ? undefined : `${at} is not a text`);
const anyText: Check = (value, at) => (typeof value === "string" ? undefined : `${at} is not a text`);
const flag: Check = (value, at) => (typeof value === "boolean" ? undefined : `${at} is not a boolean`);
const link: Check = (value, at) =>
  typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value) ? undefined : `${at} is not a link`;
const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, at) =>
    allowed.includes(String(value)) ? undefined : `${at} is none of ${allowed.join(", ")}`;
const listOf =
  (check: Check, most: number): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > most)
      return `${at} is not a list of 1 to ${most}`;
    return firstProblem(value.map((item, i) => check(item, `${at}[${i}]`)));
  };
const object =
  (shape: Shape): Check =>
  (value, at) =>
    isRecord(value) ? checkObject(value, shape, at) : `${at} is not an object`;
/** Elements are told apart by their tag; an unknown one is an error. */
const tagged =
  (shapes: { readonly [tag: string]: Shape }): Check =>
  (value, at) => {
    if (!isRecord(value)) return `${at} is not an object`;
    const shape = shapes[String(value.tag)];
    return shape === undefined ? `${at} has the unknown tag ${String(value.tag)}` : checkObject(value, shape, at);
  };

const TEMPLATES = oneOf(
  ...[
    "blue",
    "wathet",
    "turquoise",
    "green",
    "yellow",
    "orange",
    "red",
    "carmine",
    "violet",
    "purple",
    "indigo",
    "grey",
  ],
  "default",
);
const tag: Shape[string] = { check: text, required: true };
const content: Shape[string] = { check: anyText, required: true };
const plainText = tagged({ plain_text: { tag, content } });
const anyStyledText = tagged({ plain_text: { tag, content }, lark_md: { tag, content } });
const header = object({
  template: { check: TEMPLATES },
  title: { check: plainText, required: true },
  subtitle: { check: plainText },
});
const field = object({ is_short: { check: flag, required: true }, text: { check: anyStyledText, required: true } });

const BUTTON_1: Shape = {
  tag,
  text: { check: anyStyledText, required: true },
  type: { check: oneOf("default", "primary", "danger") },
  url: { check: link },
  value: { check: object({}) },
};
const ELEMENTS_1: { readonly [tag: string]: Shape } = {
  div: { tag, text: { check: anyStyledText }, fields: { check: listOf(field, 10) } },
  markdown: { tag, content },
  hr: { tag },
  note: { tag, elements: { check: listOf(anyStyledText, 10), required: true } },
  action: { tag, actions: { check: listOf(tagged({ button: BUTTON_1 }), 20), required: true } },
};
const CARD_1: Shape = {
  config: {
    check: object({
      wide_screen_mode: { check: flag },
      enable_forward: { check: flag },
      update_multi: { check: flag },
    }),
  },
  header: { check: header, required: true },
  elements: { check: listOf(tagged(ELEMENTS_1), 50), required: true },
  card_link: { check: object({ url: { check: link, required: true } }) },
};

const openUrl: Shape = {
  type: { check: oneOf("open_url"), required: true },
  default_url: { check: link, required: true },
};
const ELEMENTS_2: { readonly [tag: string]: Shape } = {
  div: { tag, text: { check: anyStyledText }, fields: { check: listOf(field, 10) } },
  markdown: { tag, content },
  hr: { tag },
  button: {
    tag,
    text: { check: plainText, required: true },
    type: { check: text },
    behaviors: { check: listOf(object(openUrl), 3) },
  },
};
const CARD_2: Shape = {
  schema: { check: oneOf("2.0"), required: true },
  config: { check: object({ update_multi: { check: flag } }) },
  header: { check: header, required: true },
  body: {
    check: object({
      direction: { check: oneOf("vertical", "horizontal") },
      vertical_spacing: { check: text },
      elements: { check: listOf(tagged(ELEMENTS_2), 200), required: true },
    }),
    required: true,
  },
};

function checkObject(value: Record<string, unknown>, shape: Shape, at: string): string | undefined {
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(shape, name));
  if (unknown !== undefined) return `${at} has the unknown property ${unknown}`;
  return firstProblem(
    Object.entries(shape).map(([name, { check, required }]) => {
      if (value[name] === undefined) return required === true ? `${at}.${name} is missing` : undefined;
      return check(value[name], `${at}.${name}`);
    }),
  );
}

function firstProblem(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}
