import { Menu } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { exactMoment } from "../app/exact-moment.ts";
import { IconMenu } from "../app/icon-menu.tsx";
import { useNotice } from "../app/notice.ts";
import { useView } from "../app/view.ts";
import { LIVE } from "../app/view-search.ts";
import { useTexts } from "../text/texts.tsx";

/** The address of this view; live, or frozen at the moment that is shown. */
export function CopyLink() {
  const { map } = useTexts();
  const view = useView();
  const { clock, search } = view;
  const router = useRouter();
  const copy = async (frozen: boolean): Promise<void> => {
    const change = frozen && clock.kind === "live" ? { ...LIVE, at: exactMoment(view) } : {};
    const { href } = router.buildLocation({ to: "/", search: { ...search, ...change } });
    try {
      await navigator.clipboard.writeText(new URL(href, location.origin).href);
      useNotice.setState({ text: map.copied });
    } catch {
      useNotice.setState({ text: map.copyFailed });
    }
  };
  return (
    <IconMenu icon="link" label={map.copyLink} id="copy-link">
      <Menu.Item onClick={() => void copy(false)}>{map.copyLinkLive}</Menu.Item>
      <Menu.Item onClick={() => void copy(true)} data-testid="copy-link-frozen">
        {map.copyLinkFrozen}
      </Menu.Item>
    </IconMenu>
  );
}
