/**
 * Message card, JSON 1.0: the form every Feishu client shows. Only what we use of it.
 * Texts are `plain_text` throughout: labels come from hosts, and in `lark_md` a name could hold `<at id=all></at>`.
 * Source: open.feishu.cn, "Message card structure" (JSON 1.0).
 */
export interface Card {
  readonly config: { readonly wide_screen_mode: true };
  readonly header: { readonly template: HeaderTemplate; readonly title: PlainText };
  readonly elements: readonly CardElement[];
}

export type HeaderTemplate = "red" | "orange" | "blue" | "green";

export interface PlainText {
  readonly tag: "plain_text";
  readonly content: string;
}

export type CardElement =
  | { readonly tag: "div"; readonly text: PlainText }
  | { readonly tag: "div"; readonly fields: readonly { readonly is_short: boolean; readonly text: PlainText }[] }
  | { readonly tag: "hr" }
  | { readonly tag: "note"; readonly elements: readonly PlainText[] }
  | { readonly tag: "action"; readonly actions: readonly LinkButton[] };

export interface LinkButton {
  readonly tag: "button";
  readonly type: "default" | "primary";
  readonly text: PlainText;
  readonly url: string;
}

/**
 * Cut to a number of characters, with a mark where something is missing. Without what JSON writes in six bytes
 * (control characters, lone surrogates), so that characters bound bytes.
 */
export function plainText(content: string, maxCharacters = 500): PlainText {
  const characters = [...content.replace(CONTROL, " ").toWellFormed()];
  const isLong = characters.length > maxCharacters;
  const kept = isLong ? [...characters.slice(0, maxCharacters - 1), "…"] : characters;
  return { tag: "plain_text", content: kept.join("") };
}

/** Two columns: a name above its value. */
export function fieldsOf(rows: readonly (readonly [name: string, value: string])[]): CardElement {
  return {
    tag: "div",
    fields: rows.map(([name, value]) => ({ is_short: true, text: plainText(`${name}\n${value}`, 300) })),
  };
}

export function linkButton(text: string, url: string): CardElement {
  return { tag: "action", actions: [{ tag: "button", type: "primary", text: plainText(text), url }] };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/g;
