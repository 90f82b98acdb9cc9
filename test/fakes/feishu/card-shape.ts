import { isRecord } from "../../../core/json.ts";
import {
  anyObject,
  anyText,
  type Check,
  checkObject,
  count,
  flag,
  link,
  listOf,
  matching,
  object,
  oneOf,
  onlyTrue,
  type Shape,
  type Shapes,
  tagged,
  text,
} from "./card-check.ts";

/**
 * What is wrong with a message card, JSON 1.0 or 2.0; undefined when Feishu would take it. In 2.0 an unknown property
 * is an error for Feishu; in 1.0 it is ignored there and an error here, so that nothing is sent in vain.
 * Source: open.feishu.cn, "Message card structure", "Card JSON 2.0 structure" and "Card JSON 2.0 release notes".
 */
export function problemOfCard(card: unknown): string | undefined {
  if (!isRecord(card)) return "card is missing";
  if (card.schema !== "2.0") return checkObject(card, CARD_1, "card");
  return checkObject(card, CARD_2, "card") ?? repeatedId(card.body) ?? tooManyElements(card.body);
}

/** Everybody sees the same card, so that it may be changed for everybody: the default in 2.0, not in 1.0. */
export function isShared(card: Record<string, unknown>): boolean {
  const config = isRecord(card.config) ? card.config : {};
  return config.update_multi === true || (card.schema === "2.0" && config.update_multi === undefined);
}

const COLOURS = [
  ...["blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo"],
  "grey",
];
const MOST_ELEMENTS = 200;

const tag: Shape[string] = { check: text, required: true };
const content: Shape[string] = { check: anyText, required: true };
const plainText = tagged({ plain_text: { tag, content } });
const anyStyledText = tagged({ plain_text: { tag, content }, lark_md: { tag, content } });
const tagInHeader = tagged({
  text_tag: { tag, text: { check: plainText, required: true }, color: { check: oneOf(...COLOURS, "neutral", "lime") } },
});
const header = object({
  template: { check: oneOf(...COLOURS, "default") },
  title: { check: plainText, required: true },
  subtitle: { check: plainText },
  text_tag_list: { check: listOf(tagInHeader, 3) },
});
const widthMode = oneOf("default", "compact", "fill");
const field = object({ is_short: { check: flag, required: true }, text: { check: anyStyledText, required: true } });
const confirm = object({ title: { check: plainText, required: true }, text: { check: plainText, required: true } });

/** The columns of `column_set` hold elements, also further ones of its kind. */
function columns(elements: () => Shapes): Shape {
  const column: Shape = {
    tag,
    width: { check: text },
    weight: { check: count(1, 5) },
    vertical_align: { check: oneOf("top", "center", "bottom") },
    elements: { check: listOf(tagged(elements), 50), required: true },
  };
  return {
    tag,
    flex_mode: { check: oneOf("none", "stretch", "flow", "bisect", "trisect") },
    background_style: { check: text },
    horizontal_spacing: { check: text },
    columns: { check: listOf(tagged({ column }), 50), required: true },
  };
}

const BUTTON_1: Shape = {
  tag,
  text: { check: anyStyledText, required: true },
  type: { check: oneOf("default", "primary", "danger") },
  url: { check: link },
  value: { check: anyObject },
  confirm: { check: confirm },
};
const ELEMENTS_1: Shapes = {
  div: { tag, text: { check: anyStyledText }, fields: { check: listOf(field, 10) } },
  markdown: { tag, content },
  hr: { tag },
  note: { tag, elements: { check: listOf(anyStyledText, 10), required: true } },
  action: { tag, actions: { check: listOf(tagged({ button: BUTTON_1 }), 20), required: true } },
  column_set: columns(() => ELEMENTS_1),
};
const CARD_1: Shape = {
  config: {
    check: object({
      wide_screen_mode: { check: flag },
      width_mode: { check: widthMode },
      enable_forward: { check: flag },
      update_multi: { check: flag },
    }),
  },
  header: { check: header, required: true },
  elements: { check: listOf(tagged(ELEMENTS_1), 50), required: true },
  card_link: { check: object({ url: { check: link, required: true } }) },
};

/** By the type, what happens at a click. The value of a callback has to be an object. */
const behavior: Check = (value, at) => {
  const type = isRecord(value) ? String(value.type) : "";
  const shapes: Shapes = {
    open_url: { type: { check: text }, default_url: { check: link, required: true } },
    callback: { type: { check: text }, value: { check: anyObject, required: true } },
  };
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  return shape === undefined ? `${at}.type is none of open_url, callback` : object(shape)(value, at);
};
const elementId: Shape[string] = { check: matching(/^[a-zA-Z][a-zA-Z0-9_]{0,19}$/) };
const margin: Shape[string] = { check: matching(/^-?\d{1,2}px( -?\d{1,2}px){0,3}$/) };
const placed: Shape = { tag, element_id: elementId, margin };
const ELEMENTS_2: Shapes = {
  div: { ...placed, text: { check: anyStyledText }, fields: { check: listOf(field, 10) } },
  markdown: { ...placed, content, text_size: { check: text }, text_align: { check: oneOf("left", "center", "right") } },
  hr: placed,
  button: {
    ...placed,
    text: { check: plainText, required: true },
    type: {
      check: oneOf(
        ...["default", "primary", "danger", "text", "primary_text", "danger_text", "primary_filled"],
        ...["danger_filled", "laser"],
      ),
    },
    size: { check: oneOf("tiny", "small", "medium", "large") },
    width: { check: matching(/^(default|fill|[1-9]\d{2,3}px)$/) },
    disabled: { check: flag },
    name: { check: text },
    form_action_type: { check: oneOf("submit", "reset") },
    behaviors: { check: listOf(behavior, 3) },
    confirm: { check: confirm },
  },
  column_set: { ...columns(() => ELEMENTS_2), element_id: elementId, margin },
  form: { ...placed, name: { check: text, required: true }, elements: { check: nested(), required: true } },
  interactive_container: {
    ...placed,
    behaviors: { check: listOf(behavior, 3), required: true },
    elements: { check: nested(), required: true },
  },
  collapsible_panel: {
    ...placed,
    expanded: { check: flag },
    header: { check: object({ title: { check: anyStyledText, required: true } }), required: true },
    elements: { check: nested(), required: true },
  },
};
const CARD_2: Shape = {
  schema: { check: oneOf("2.0"), required: true },
  config: {
    check: object({
      update_multi: { check: onlyTrue },
      enable_forward: { check: flag },
      width_mode: { check: widthMode },
      summary: { check: object({ content }) },
    }),
  },
  header: { check: header, required: true },
  card_link: { check: object({ url: { check: link, required: true } }) },
  body: {
    check: object({
      direction: { check: oneOf("vertical", "horizontal") },
      padding: { check: text },
      horizontal_spacing: { check: text },
      vertical_spacing: { check: text },
      elements: { check: nested(), required: true },
    }),
    required: true,
  },
};

function nested(): Check {
  return listOf(
    tagged(() => ELEMENTS_2),
    MOST_ELEMENTS,
  );
}

function repeatedId(body: unknown): string | undefined {
  const ids = recordsIn(body).flatMap(({ element_id: id }) => (typeof id === "string" ? [id] : []));
  const repeated = ids.find((id, i) => ids.indexOf(id) !== i);
  return repeated === undefined ? undefined : `card.body has the element_id ${repeated} twice`;
}

function tooManyElements(body: unknown): string | undefined {
  const elements = recordsIn(body).filter((part) => typeof part.tag === "string").length;
  return elements > MOST_ELEMENTS ? `card.body has ${elements} elements, ${MOST_ELEMENTS} at most` : undefined;
}

function recordsIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(recordsIn);
  return isRecord(value) ? [value, ...Object.values(value).flatMap(recordsIn)] : [];
}
