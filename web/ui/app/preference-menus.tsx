import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from "@mantine/core";
import { LANGUAGES, type Language, useTexts } from "../text/texts.tsx";
import { useAppearance } from "../theme/appearance.ts";
import { Icon } from "../theme/icon.tsx";

const TICK = <Icon name="check" size={14} />;

export function LanguageMenu() {
  const texts = useTexts();
  const { language, setLanguage } = useAppearance();
  const languages: readonly Language[] = ["zh", "en"];
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={texts.header.languageLabel}>
          <ActionIcon aria-label={texts.header.languageLabel} data-testid="language-menu">
            <Icon name="language" />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
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
      </Menu.Dropdown>
    </Menu>
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
    <Menu>
      <Menu.Target>
        <Tooltip label={header.theme}>
          <ActionIcon aria-label={header.theme} data-testid="theme-menu">
            <Icon name="theme" />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
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
      </Menu.Dropdown>
    </Menu>
  );
}
