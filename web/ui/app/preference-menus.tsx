import { Menu, useMantineColorScheme } from "@mantine/core";
import { LANGUAGES, type Language, useTexts } from "../text/texts.tsx";
import { useAppearance } from "../theme/appearance.ts";
import { Icon } from "../theme/icon.tsx";
import { IconMenu } from "./icon-menu.tsx";

const TICK = <Icon name="check" size={14} />;

export function LanguageMenu() {
  const texts = useTexts();
  const { language, setLanguage } = useAppearance();
  const languages: readonly Language[] = ["zh", "en"];
  return (
    <IconMenu icon="language" label={texts.header.languageLabel} id="language-menu">
      {languages.map((each) => (
        <Menu.Item
          key={each}
          lang={each}
          onClick={() => setLanguage(each)}
          rightSection={each === language ? TICK : null}
          data-testid={`language-${each}`}
        >
          {LANGUAGES[each].language}
        </Menu.Item>
      ))}
    </IconMenu>
  );
}

export function ThemeMenu() {
  const { header } = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { contrast, setContrast } = useAppearance();
  const schemes = [
    ["auto", header.themeAuto],
    ["dark", header.themeDark],
    ["light", header.themeLight],
  ] as const;
  return (
    <IconMenu icon="theme" label={header.theme} id="theme-menu">
      {schemes.map(([scheme, text]) => (
        <Menu.Item
          key={scheme}
          onClick={() => setColorScheme(scheme)}
          rightSection={scheme === colorScheme ? TICK : null}
          data-testid={`theme-${scheme}`}
        >
          {text}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <Menu.Item
        onClick={() => setContrast(contrast === "more" ? "normal" : "more")}
        rightSection={contrast === "more" ? TICK : null}
        data-testid="theme-contrast"
      >
        {header.contrast}
      </Menu.Item>
    </IconMenu>
  );
}
