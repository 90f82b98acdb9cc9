import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon, type IconName } from "../theme/icon.tsx";

/** A menu behind an icon; its children are what it offers. */
export function IconMenu(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly id: string;
  readonly children: ReactNode;
}) {
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={props.label}>
          <ActionIcon aria-label={props.label} data-testid={props.id}>
            <Icon name={props.icon} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>{props.children}</Menu.Dropdown>
    </Menu>
  );
}
