import { ActionIcon, Button, createTheme, type MantineColorsTuple, Menu, Tooltip } from "@mantine/core";
import { create } from "zustand";
import { chooseLanguage, type Language } from "../text/texts.tsx";

const accent: MantineColorsTuple = [
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
  "var(--accent)",
];

/** Mantine's sizes on our grid; its colours come from tokens.css. */
export const mantineTheme = createTheme({
  fontFamily: "var(--font)",
  primaryColor: "accent",
  colors: { accent },
  defaultRadius: 4,
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle" } }),
    Button: Button.extend({ defaultProps: { variant: "default" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withinPortal: true } }),
    Menu: Menu.extend({
      defaultProps: {
        withInitialFocusPlaceholder: false,
        shadow: "md",
        position: "bottom-end",
        transitionProps: { duration: 80 },
      },
    }),
  },
});

export interface Appearance {
  readonly language: Language;
  readonly contrast: "normal" | "more";
  setLanguage(language: Language): void;
  setContrast(contrast: "normal" | "more"): void;
}

const LANGUAGE_KEY = "nephoscope.language";
const CONTRAST_KEY = "nephoscope.contrast";

/** What this browser remembers of how its reader likes the page. */
export const useAppearance = create<Appearance>()((set) => ({
  language: chooseLanguage(localStorage.getItem(LANGUAGE_KEY), navigator.languages),
  contrast: rememberedContrast(),
  setLanguage: (language) => {
    localStorage.setItem(LANGUAGE_KEY, language);
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    set({ language });
  },
  setContrast: (contrast) => {
    localStorage.setItem(CONTRAST_KEY, contrast);
    document.documentElement.dataset.contrast = contrast;
    set({ contrast });
  },
}));

/** Writes language and contrast onto the document before the first drawing. */
export function applyAppearance(): void {
  const { language, contrast } = useAppearance.getState();
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.contrast = contrast;
}

export function prefersReducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function rememberedContrast(): "normal" | "more" {
  const remembered = localStorage.getItem(CONTRAST_KEY);
  if (remembered === "more" || remembered === "normal") return remembered;
  return matchMedia("(prefers-contrast: more)").matches ? "more" : "normal";
}
