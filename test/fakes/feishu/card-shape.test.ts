import { expect, test } from "vitest";
import { isShared, problemOfCard } from "./card-shape.ts";

const title = { tag: "plain_text", content: "t" };
const CARD = { header: { template: "red", title }, elements: [{ tag: "hr" }] };
const card1 = (elements: unknown[]) => ({ ...CARD, elements });
const actions = (button: object) => card1([{ tag: "action", actions: [{ tag: "button", text: title, ...button }] }]);
const card2 = (elements: unknown[]) => ({ schema: "2.0", header: { template: "blue", title }, body: { elements } });
const button2 = (more: object) => card2([{ tag: "button", text: title, ...more }]);
const openUrl = { type: "open_url", default_url: "https://x" };
const callback = { type: "callback", value: { do: "acknowledge" } };
const column = (elements: unknown[]) => ({ tag: "column", width: "weighted", weight: 1, elements });

test.each([
  [CARD, undefined],
  [{ ...CARD, config: { update_multi: true, wide_screen_mode: true, width_mode: "fill" } }, undefined],
  [{ ...CARD, header: { template: "pink", title } }, "card.header.template"],
  [{ ...CARD, header: { template: "red", title: { tag: "lark_md", content: "t" } } }, "unknown tag lark_md"],
  [{ ...CARD, header: undefined }, "card.header is missing"],
  [{ ...CARD, header: { title, text_tag_list: Array(4).fill({ tag: "text_tag", text: title }) } }, "1 to 3"],
  [card1([]), "card.elements"],
  [card1([{ tag: "blink" }]), "unknown tag blink"],
  [card1([{ tag: "toString" }]), "unknown tag toString"],
  [card1([{ tag: "column_set", columns: [column([{ tag: "hr" }])] }]), undefined],
  [card1([{ tag: "column_set", columns: [column([{ tag: "blink" }])] }]), "unknown tag blink"],
  [actions({ value: { do: "acknowledge", incident: "i" }, confirm: { title, text: title } }), undefined],
  [actions({ value: "acknowledge" }), "value is not an object"],
  [actions({ url: "page" }), "not a link"],
  [actions({ behaviors: [callback] }), "unknown property behaviors"],
  [actions({ confirm: { title } }), "confirm.text is missing"],
])("the card of JSON 1.0 %j has the problem %j", (card, problem) => {
  if (problem === undefined) expect(problemOfCard(card)).toBeUndefined();
  else expect(problemOfCard(card)).toContain(problem);
});

test.each([
  [button2({ behaviors: [openUrl] }), undefined],
  [button2({ behaviors: [callback], type: "primary_filled", width: "fill", element_id: "ack" }), undefined],
  [button2({ behaviors: [{ type: "callback", value: "acknowledge" }] }), "value is not an object"],
  [button2({ behaviors: [{ type: "call" }] }), "none of open_url, callback"],
  [button2({ value: { do: "acknowledge" } }), "unknown property value"],
  [button2({ element_id: "1st" }), "element_id is not like"],
  [card2([{ tag: "action", actions: [] }]), "unknown tag action"],
  [card2([{ tag: "note", elements: [title] }]), "unknown tag note"],
  [{ ...card2([{ tag: "hr" }]), elements: [] }, "unknown property elements"],
  [{ ...card2([{ tag: "hr" }]), i18n_elements: {} }, "unknown property i18n_elements"],
  [{ ...card2([{ tag: "hr" }]), fallback: {} }, "unknown property fallback"],
  [{ ...card2([{ tag: "hr" }]), config: { update_multi: false } }, "update_multi can only be true"],
  [{ ...card2([{ tag: "hr" }]), config: { wide_screen_mode: true } }, "unknown property wide_screen_mode"],
  [card2([{ tag: "hr", padding: "1px" }]), "unknown property padding"],
  [card2([{ tag: "hr", margin: 1 }]), "margin is not like"],
  [card2([{ tag: "column_set", columns: [column([{ tag: "hr" }])] }]), undefined],
  [card2([{ tag: "form", name: "f", elements: [{ tag: "hr" }] }]), undefined],
  [card2([{ tag: "interactive_container", behaviors: [callback], elements: [{ tag: "blink" }] }]), "tag blink"],
  [card2([{ tag: "collapsible_panel", header: { title }, elements: [{ tag: "hr" }] }]), undefined],
  [card2(["a", "b", "a"].map((id) => ({ tag: "hr", element_id: id }))), "element_id a twice"],
  [card2([{ tag: "collapsible_panel", header: { title }, elements: Array(200).fill({ tag: "hr" }) }]), "200 at most"],
])("the card of JSON 2.0 %j has the problem %j", (card, problem) => {
  if (problem === undefined) expect(problemOfCard(card)).toBeUndefined();
  else expect(problemOfCard(card)).toContain(problem);
});

test("a card is shared when it says so, and by default in JSON 2.0 only", () => {
  expect(isShared(CARD)).toBe(false);
  expect(isShared({ ...CARD, config: { update_multi: true } })).toBe(true);
  expect(isShared(card2([]))).toBe(true);
});
