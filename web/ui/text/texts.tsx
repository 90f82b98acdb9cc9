import { createContext, type ReactNode, useContext } from "react";
import { en, type Texts } from "./en.ts";
import { zh } from "./zh.ts";

export const LANGUAGES = { en, zh } as const satisfies Record<string, Texts>;
export type Language = keyof typeof LANGUAGES;

/** What the reader chose before, else the first of the browser's languages that we have. */
export function chooseLanguage(chosen: string | null, preferred: readonly string[]): Language {
  for (const tag of chosen === null ? preferred : [chosen, ...preferred]) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === "zh" || language === "en") return language;
  }
  return "en";
}

const TextsContext = createContext<Texts>(en);

export function TextsProvider(props: { readonly language: Language; readonly children: ReactNode }) {
  return <TextsContext value={LANGUAGES[props.language]}>{props.children}</TextsContext>;
}

export function useTexts(): Texts {
  return useContext(TextsContext);
}
