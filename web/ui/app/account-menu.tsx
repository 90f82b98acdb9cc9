import { ActionIcon, Menu, Popover, Tooltip } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { sendJson } from "../api/client.ts";
import { statusQuery } from "../api/queries.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./frame.module.css";
import { IconMenu } from "./icon-menu.tsx";

/** Who is looking, and by what right. */
export function AccountMenu() {
  const texts = useTexts();
  const queries = useQueryClient();
  const { data: status } = useQuery(statusQuery);
  const access = status?.access;
  if (access === undefined) return null;
  if (access.mode === "loopback") return <OpenAccessNote />;
  if (access.role === undefined) return null;
  const signOut = async (): Promise<void> => {
    await sendJson("DELETE", "/api/v1/session");
    await queries.resetQueries();
  };
  return (
    <IconMenu icon="person" label={texts.header.account} id="account-menu">
      <Menu.Label>{texts.header.signedInAs(access.name ?? "", texts.roles[access.role])}</Menu.Label>
      <Menu.Item onClick={() => void signOut()} data-testid="sign-out">
        {texts.header.signOut}
      </Menu.Item>
    </IconMenu>
  );
}

function OpenAccessNote() {
  const { header } = useTexts();
  return (
    <Popover position="bottom-end" width={300}>
      <Popover.Target>
        <Tooltip label={header.openAccess}>
          <ActionIcon aria-label={`${header.account}: ${header.openAccess}`} data-testid="access-note">
            <Icon name="person" />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.note}>
          <strong>{header.openAccess}</strong>
          {header.openAccessNote}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
